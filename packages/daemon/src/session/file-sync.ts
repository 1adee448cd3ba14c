import { closeSync, openSync, readSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { hostPath } from "@strake/oci";
import { PacketSchema } from "../generated/github.com/tonistiigi/fsutil/types/wire_pb.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { PacketBuffer, packetType, type SentStat } from "./fsutil-packets.ts";
import type { Services } from "./services.ts";
import { listFolder, type SyncedFolder } from "./synced-folder.ts";

/** From this much on a buffer is sent. */
const enough = 128 * 1024;
/** Less than that for the list, so that the daemon begins early. */
const enoughStats = 32 * 1024;
const readSize = 256 * 1024;

/** Told how many bytes of a folder have been sent. */
export type SendProgress = (name: string, sent: number) => void;

/** Sends folders to the daemon: first what is there, then the content of the files that it has not. */
export function fileSyncService(folders: ReadonlyMap<string, SyncedFolder>, progress?: SendProgress): Services {
  return new Map([
    [
      "/moby.filesync.v1.FileSync/DiffCopy",
      async (call: ServedCall) => {
        const name = call.metadata("dir-name")[0] ?? "";
        const folder = folders.get(name);
        if (folder === undefined) throw new GrpcError(grpcCode.notFound, `the build gives no folder "${name}"`);
        const follow = call.metadata("followpaths");
        const { root, stats } = await listFolder(folder, follow, call.metadata("exclude-patterns"));
        await sendFolder(call, root, stats, (sent) => progress?.(name, sent));
      },
    ],
  ]);
}

async function sendFolder(
  call: ServedCall,
  root: string,
  stats: Iterable<SentStat>,
  progress: (sent: number) => void,
): Promise<void> {
  const listed: SentStat[] = [];
  const sender = new ContentSender(call, root, listed, progress);
  // Requests come while the list is still being sent; what fails first ends the call.
  const exchange = Promise.all([sendStats(call, stats, listed), answerRequests(call, sender)]);
  await Promise.race([exchange, sender.failed]);
  const end = new PacketBuffer();
  end.addEnd();
  await call.sendFrames(end.take());
}

async function answerRequests(call: ServedCall, sender: ContentSender): Promise<void> {
  for await (const bytes of call.messages) {
    const packet = fromBinary(PacketSchema, bytes);
    if (packet.type === packetType.error)
      throw new Error(`the daemon could not take the files: ${decode(packet.data)}`);
    if (packet.type === packetType.request) sender.request(packet.ID);
    if (packet.type === packetType.end) break;
  }
  await sender.idle();
}

async function sendStats(call: ServedCall, stats: Iterable<SentStat>, listed: SentStat[]): Promise<void> {
  const buffer = new PacketBuffer();
  for (const stat of stats) {
    buffer.addStat(stat);
    listed.push(stat);
    if (buffer.length < enoughStats) continue;
    await call.sendFrames(buffer.take());
    // What was written leaves only between two turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  buffer.addEndOfStats();
  await call.sendFrames(buffer.take());
}

/** Answers requests for content, one after the other, small files together. */
class ContentSender {
  readonly #call: ServedCall;
  readonly #root: string;
  readonly #stats: readonly SentStat[];
  readonly #progress: (sent: number) => void;
  readonly #wanted: number[] = [];
  readonly #chunk = Buffer.allocUnsafe(readSize);
  #sent = 0;
  #working: Promise<void> | undefined;
  #fail: (error: unknown) => void = () => undefined;
  /** Rejected when content cannot be sent; never resolved. */
  readonly failed: Promise<never>;

  constructor(call: ServedCall, root: string, stats: readonly SentStat[], progress: (sent: number) => void) {
    this.#call = call;
    this.#root = root;
    this.#stats = stats;
    this.#progress = progress;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  request(id: number): void {
    this.#wanted.push(id);
    if (this.#working !== undefined) return;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
    });
    this.#working.catch(this.#fail);
  }

  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    const buffer = new PacketBuffer();
    // What is asked for in one turn is answered together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let id = this.#wanted.shift(); id !== undefined; id = this.#wanted.shift()) {
      await this.#addFile(buffer, id);
      if (buffer.length >= enough) await this.#flush(buffer);
    }
    await this.#flush(buffer);
  }

  async #addFile(buffer: PacketBuffer, id: number): Promise<void> {
    const stat = this.#stats[id];
    if (stat === undefined) throw new GrpcError(grpcCode.invalidArgument, `there is no file ${id}`);
    const file = openSync(hostPath(`${this.#root}/${stat.path}`), "r");
    try {
      for (;;) {
        const length = readSync(file, this.#chunk, 0, readSize, null);
        if (length === 0) break;
        buffer.addData(id, this.#chunk.subarray(0, length));
        this.#sent += length;
        if (buffer.length >= enough) await this.#flush(buffer);
        if (length < readSize && stat.size < readSize) break;
      }
    } finally {
      closeSync(file);
    }
    buffer.addData(id, new Uint8Array());
  }

  async #flush(buffer: PacketBuffer): Promise<void> {
    if (buffer.length === 0) return;
    await this.#call.sendFrames(buffer.take());
    this.#progress(this.#sent);
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
