import { chmodSync, closeSync, mkdirSync, openSync, rmSync, symlinkSync, utimesSync, writeSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { Stat } from "../generated/github.com/tonistiigi/fsutil/types/stat_pb.ts";
import { Packet } from "../generated/github.com/tonistiigi/fsutil/types/wire_fields.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { decode } from "../protobuf/message.ts";
import { fromGoMode, PacketBuffer, packetType } from "./fsutil-packets.ts";

/**
 * Writes the files that the daemon exports into a folder, which is made; what is there stays unless it is in the way.
 *
 * @throws Error for a name that would leave the folder
 */
export async function receiveFolder(call: ServedCall, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const stats: Stat[] = [];
  const open = new Map<number, number>();
  const buffer = new PacketBuffer();
  let waiting = 0;
  let listed = false;
  for await (const bytes of call.messages) {
    const packet = decode(Packet, bytes);
    if (packet.type === packetType.error) throw new Error(new TextDecoder().decode(packet.data));
    if (packet.type === packetType.end) break;
    if (packet.type === packetType.stat) {
      if (packet.stat === undefined) listed = true;
      else if (place(folder, packet.stat, stats.push(packet.stat) - 1, open)) {
        waiting++;
        buffer.addRequest(stats.length - 1);
      }
    } else if (packet.type === packetType.data && take(packet.ID, packet.data, open)) {
      finish(folder, stats[packet.ID] as Stat);
      waiting--;
    }
    if (listed && waiting === 0) {
      finishFolders(folder, stats);
      buffer.addEnd();
      listed = false;
    }
    if (buffer.length > 0) await call.sendFrames(buffer.take());
  }
}

/** Makes a file, folder or link; true for a file, whose content has to be asked for. */
function place(folder: string, stat: Stat, id: number, open: Map<number, number>): boolean {
  const path = within(folder, stat.path);
  const { type } = fromGoMode(stat.mode);
  if (type === "directory") {
    mkdirSync(path, { recursive: true });
    return false;
  }
  rmSync(path, { recursive: true, force: true });
  if (type === "symlink") symlinkSync(stat.linkname, path);
  if (type !== "file") return false;
  open.set(id, openSync(path, "wx", 0o600));
  return true;
}

/** Writes content; true at the end of the file. */
function take(id: number, data: Uint8Array, open: Map<number, number>): boolean {
  const file = open.get(id);
  if (file === undefined) throw new Error(`the daemon sent content that was not asked for: ${id}`);
  if (data.length > 0) {
    writeSync(file, data);
    return false;
  }
  closeSync(file);
  open.delete(id);
  return true;
}

function finish(folder: string, stat: Stat): void {
  const path = within(folder, stat.path);
  const seconds = Number(stat.modTime) / 1e9;
  chmodSync(path, fromGoMode(stat.mode).mode);
  utimesSync(path, seconds, seconds);
}

/** Folders get their modes and times last, the deepest first: a file in them would change them. */
function finishFolders(folder: string, stats: readonly Stat[]): void {
  for (const stat of [...stats].reverse()) if (fromGoMode(stat.mode).type === "directory") finish(folder, stat);
}

function within(folder: string, path: string): string {
  const full = resolve(join(folder, path));
  if (full === resolve(folder) || full.startsWith(resolve(folder) + sep)) return full;
  throw new Error(`the daemon names a file outside the folder: ${path}`);
}
