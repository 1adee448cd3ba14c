import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { hostPath } from "@strake/oci";
import { Packet } from "../generated/github.com/tonistiigi/fsutil/types/wire_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { decode } from "../protobuf/message.ts";
import { PacketBuffer, packetType, type SentStat } from "./fsutil-packets.ts";

/** From this much content on, in bytes, a buffer is sent. */
const enoughContent = 256 * 1024;
/** Less than that for the list, so that the daemon begins early. */
const enoughStats = 8 * 1024;
const readSize = 256 * 1024;
/** How many files the daemon has before it that it has not made yet, while content is sent. */
const lead = 128;

/**
 * Sends a folder by fsutil's protocol: a packet for all that is in it, and the content of the files that are asked for.
 *
 * @param root the folder's absolute path
 * @param stats in the order that fsutil demands; taken while they are sent
 * @throws GrpcError where the call ends too early, Error for what the daemon cannot take or this side cannot read
 */
export async function sendFolder(call: ServedCall, root: string, stats: Iterable<SentStat>): Promise<void> {
  const sender = new FolderSender(call, root, stats);
  await Promise.all([sender.send(), hear(call, sender)]);
  const end = new PacketBuffer();
  end.addEnd();
  await call.sendFrames(end.take());
}

async function hear(call: ServedCall, sender: FolderSender): Promise<void> {
  for await (const bytes of call.messages) {
    const packet = decode(Packet, bytes);
    if (packet.type === packetType.error) {
      throw new Error(`the daemon could not take the files: ${new TextDecoder().decode(packet.data)}`);
    }
    if (packet.type === packetType.request) sender.request(packet.ID);
    if (packet.type === packetType.end) break;
  }
  sender.end();
}

/**
 * Sends the list and content by turns.
 *
 * The daemon makes the files of the list, each of which it asks for then, and writes content at the same time, but takes
 * packets one after the other: were the whole list sent first, nothing would be written meanwhile.
 */
class FolderSender {
  readonly #call: ServedCall;
  readonly #root: string;
  readonly #stats: Iterator<SentStat>;
  readonly #listed: SentStat[] = [];
  readonly #wanted: number[] = [];
  readonly #buffer = new PacketBuffer();
  /** How many of the list the daemon has gone through at least. */
  #seen = 0;
  /** How many of the wanted have been sent. */
  #sent = 0;
  #isListed = false;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(call: ServedCall, root: string, stats: Iterable<SentStat>) {
    this.#call = call;
    this.#root = root;
    this.#stats = stats[Symbol.iterator]();
  }

  /** Has the content of a file sent, by its place in the list. */
  request(id: number): void {
    this.#wanted.push(id);
    this.#seen = Math.max(this.#seen, id + 1);
    this.#wake();
  }

  /** Says that nothing more is asked for. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Resolves when all that was asked for has been sent. */
  async send(): Promise<void> {
    for (;;) {
      const isWanted = this.#sent < this.#wanted.length;
      const isWaiting = !this.#isListed && this.#listed.length - this.#seen < lead;
      if (isWanted && !isWaiting) await this.#sendContent();
      else if (!this.#isListed) await this.#sendStats();
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
      // What was written leaves only between two turns, and what is asked for is heard then.
      await nextTurn();
    }
  }

  async #sendStats(): Promise<void> {
    while (this.#buffer.length < enoughStats) {
      const next = this.#stats.next();
      if (next.done === true) {
        this.#buffer.addEndOfStats();
        this.#isListed = true;
        break;
      }
      this.#buffer.addStat(next.value);
      this.#listed.push(next.value);
    }
    await this.#flush();
  }

  async #sendContent(): Promise<void> {
    while (this.#sent < this.#wanted.length && this.#buffer.length < enoughContent) {
      await this.#addFile(this.#wanted[this.#sent++] as number);
    }
    await this.#flush();
  }

  async #addFile(id: number): Promise<void> {
    const stat = this.#listed[id];
    if (stat === undefined) throw new GrpcError(grpcCode.invalidArgument, `there is no file ${id}`);
    const file = openSync(hostPath(`${this.#root}/${stat.path}`), "r");
    try {
      // One byte more than there should be, so that a read that is not filled is the last.
      const limit = Math.min(stat.size + 1, readSize);
      const read = (buffer: Buffer, at: number) => readSync(file, buffer, at, limit, null);
      while (this.#buffer.addContent(id, limit, read) === limit) {
        if (this.#buffer.length >= enoughContent) await this.#flush();
      }
    } finally {
      closeSync(file);
    }
    this.#buffer.addEndOfContent(id);
  }

  async #flush(): Promise<void> {
    if (this.#buffer.length > 0) await this.#call.sendFrames(this.#buffer.take());
  }
}
