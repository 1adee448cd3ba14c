import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What a folder holds, in lines to be compared: each path with its mode, its time of change and its content's digest. */
export function folderState(folder: string): readonly string[] {
  if (!existsSync(folder)) return ["nothing"];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => {
    const path = join(folder, name);
    const { mode, mtimeMs } = lstatSync(path);
    return `${name} ${mode.toString(8)} ${mtimeMs} ${contentOf(path)}`;
  });
}

/** Names what is wrong with the blobs of a store: those that are not what they are called, and those left unfinished. */
export function storeFaults(home: string): readonly string[] {
  const folder = join(home, "blobs/sha256");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => sha256(readFileSync(join(folder, name))) !== name);
}

function contentOf(path: string): string {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? readlinkSync(path) : sha256(readFileSync(path));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
