import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { runOrThrow } from "./run-program.ts";

/** One file of a tree, without its times. */
export interface TreeFile {
  /** Absolute in the image, `/` for the root. Bytes that are not UTF-8 stand as latin1 after a NUL. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "fifo" | "character" | "block" | "socket";
  /** Permission bits with setuid, setgid and sticky, in octal: `0755`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** In bytes; 0 unless a file. */
  readonly size: number;
  /** Of the content, in hex, for a file. */
  readonly sha256?: string;
  /** What a symbolic link says. */
  readonly linkname?: string;
  /** The first name of the same file, for its other names. */
  readonly hardLinkTo?: string;
  /** Major and minor number of a device. */
  readonly device?: string;
  /** Names and hexadecimal values. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** Lists a tree on disk, sorted by path. Needs root to see every file's content and attributes. */
export async function walkFiles(root: string): Promise<TreeFile[]> {
  const xattrs = await readXattrs(root);
  const firstNames = new Map<string, string>();
  const files: TreeFile[] = [];
  const visit = (path: Buffer, relative: Buffer): void => {
    files.push(describeFile(path, printPath(relative), firstNames, xattrs.get(relative.toString("latin1"))));
    if (!lstatSync(path).isDirectory()) return;
    for (const name of readdirSync(path, { encoding: "buffer" }).sort(Buffer.compare)) {
      const slash = Buffer.from("/");
      visit(Buffer.concat([path, slash, name]), Buffer.concat([relative, slash, name]));
    }
  };
  visit(Buffer.from(root), Buffer.alloc(0));
  return files;
}

function describeFile(
  path: Buffer,
  name: string,
  firstNames: Map<string, string>,
  xattrs: Record<string, string> | undefined,
): TreeFile {
  const stat = lstatSync(path);
  const type = typeOf(stat);
  const inode = `${stat.dev}:${stat.ino}`;
  const first = firstNames.get(inode);
  if (first === undefined && type !== "directory") firstNames.set(inode, name);
  return {
    path: name,
    type,
    mode: (stat.mode & 0o7777).toString(8).padStart(4, "0"),
    uid: stat.uid,
    gid: stat.gid,
    size: type === "file" ? stat.size : 0,
    ...(type === "file" ? { sha256: hashFile(path) } : {}),
    ...(type === "symlink" ? { linkname: printPath(readlinkSync(path, { encoding: "buffer" })) } : {}),
    ...(first === undefined ? {} : { hardLinkTo: first }),
    ...(type === "character" || type === "block" ? { device: printDevice(stat.rdev) } : {}),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

function typeOf(stat: ReturnType<typeof lstatSync>): TreeFile["type"] {
  if (stat === undefined) throw new Error("the file is gone");
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFIFO()) return "fifo";
  if (stat.isCharacterDevice()) return "character";
  if (stat.isBlockDevice()) return "block";
  return stat.isSocket() ? "socket" : "file";
}

function hashFile(path: Buffer): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function printPath(path: Buffer): string {
  const text = path.toString("utf8");
  if (path.length === 0) return "/";
  return Buffer.from(text).equals(path) ? text : `\0${path.toString("latin1")}`;
}

/** Linux's encoding of a device number (makedev(3)). */
function printDevice(device: number): string {
  return `${(device >> 8) & 0xfff}:${(device & 0xff) | ((device >> 12) & 0xfff00)}`;
}

/** Reads all extended attributes of a tree, by the latin1 form of the path below the root. */
async function readXattrs(root: string): Promise<Map<string, Record<string, string>>> {
  const dump = await runOrThrow("getfattr", ["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", root]);
  const found = new Map<string, Record<string, string>>();
  for (const block of dump.split("\n\n")) {
    const [head, ...lines] = block.split("\n").filter((line) => line !== "");
    if (head === undefined) continue;
    const path = unescapeOctal(head.replace(/^# file: /, "")).slice(root.length);
    const values = lines.map((line) => line.split(/=(.*)/s)).map(([name = "", value = ""]) => [name, value]);
    found.set(path.replace(/\/$/, ""), Object.fromEntries(values.sort()) as Record<string, string>);
  }
  return found;
}

/** `getfattr` writes bytes outside printable ASCII, and the backslash, as `\ooo`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
