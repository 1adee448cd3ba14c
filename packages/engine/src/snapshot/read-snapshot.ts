import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { StrakeError } from "@strake/core";
import {
  comparePaths,
  decodePath,
  type Entry,
  type EntryType,
  type FileTree,
  hostPath,
  opaquePath,
  whiteoutPath,
  whiteoutPrefix,
} from "@strake/oci";
import { fileKind, isMark, type MarkSpace, opaqueMark } from "../kernel/file-kinds.ts";
import { deviceOf, type SystemCalls, systemCalls } from "../kernel/system-calls.ts";

/**
 * Reads what a command changed from the folder in which the kernel put it (overlayfs, "upper").
 *
 * Entries are in tree order. What was removed becomes whiteouts. A folder that is as it is below, and is there only
 * because something in it changed, has no entry of its own. Sockets are left out, as in every builder.
 *
 * @param below the layers below as one tree; asked for only when something changed
 * @throws StrakeError `reserved-name` for a file whose name means a removal in a layer
 */
export async function readSnapshot(
  upper: string,
  below: () => Promise<FileTree>,
  space: MarkSpace,
): Promise<readonly Entry[]> {
  const root = lstatSync(upper, { bigint: true });
  if (readdirSync(upper).length === 0 && isPlainRoot(root)) return [];
  const reader = new Reader(upper, await below(), space);
  reader.readFolder("");
  reader.readRoot();
  return reader.entries.sort((left, right) => comparePaths(left.path, right.path));
}

/** Nearly every image's root is so; then the layers below need not be asked. */
function isPlainRoot({ mode, uid, gid }: { mode: bigint; uid: bigint; gid: bigint }): boolean {
  return Number(mode) === (fileKind.directory | 0o755) && uid === 0n && gid === 0n;
}

class Reader {
  readonly entries: Entry[] = [];
  readonly #upper: string;
  readonly #below: FileTree;
  readonly #opaque: string;
  readonly #calls: SystemCalls = systemCalls();
  /** The first name of every file that has several. */
  readonly #names = new Map<bigint, string>();

  constructor(upper: string, below: FileTree, space: MarkSpace) {
    this.#upper = upper;
    this.#below = below;
    this.#opaque = opaqueMark(space);
  }

  readFolder(folder: string): void {
    const names = readdirSync(hostPath(this.#host(folder)), { encoding: "buffer" }).map(decodePath);
    for (const name of names.sort()) this.#readEntry(folder === "" ? name : `${folder}/${name}`, name);
  }

  /** The root has an entry only where the command changed the root itself. */
  readRoot(): void {
    const entry = this.#folderEntry("", lstatSync(this.#upper, { bigint: true }));
    if (!sameFolder(entry, this.#below.get(""))) this.entries.push(entry);
  }

  #host(path: string): string {
    return path === "" ? this.#upper : `${this.#upper}/${path}`;
  }

  #readEntry(path: string, name: string): void {
    const host = this.#host(path);
    const stat = lstatSync(hostPath(host), { bigint: true });
    const kind = Number(stat.mode) & fileKind.mask;
    if (kind === fileKind.socket) return;
    if (kind === fileKind.character && stat.rdev === 0n) {
      // Not everything that is removed was there: the places of mounts are not.
      if (this.#below.get(path) !== undefined) this.entries.push(whiteout(whiteoutPath(path)));
      return;
    }
    if (name.startsWith(whiteoutPrefix)) throw reservedName(path);
    if (kind === fileKind.directory) {
      this.#readDirectory(path, stat);
      return;
    }
    const first = stat.nlink > 1n ? this.#names.get(stat.ino) : undefined;
    if (first !== undefined) {
      this.entries.push({ ...this.#entry(path, "hardlink", stat), linkname: first });
      return;
    }
    if (stat.nlink > 1n) this.#names.set(stat.ino, path);
    this.entries.push(this.#fileEntry(path, host, kind, stat));
  }

  #readDirectory(path: string, stat: Stat): void {
    const before = this.#below.get(path);
    const entry = this.#folderEntry(path, stat);
    const opaque = this.#calls.getAttribute(this.#host(path), this.#opaque)?.toString() === "y";
    if (!sameFolder(entry, before) || opaque) this.entries.push(entry);
    if (opaque && before?.type === "directory") this.entries.push(whiteout(opaquePath(path)));
    this.readFolder(path);
  }

  #folderEntry(path: string, stat: Stat): Entry {
    return { ...this.#entry(path, "directory", stat), ...this.#attributes(path) };
  }

  #fileEntry(path: string, host: string, kind: number, stat: Stat): Entry {
    const attributes = this.#attributes(path);
    switch (kind) {
      case fileKind.file: {
        const content = { from: "file", path: host, offset: 0 } as const;
        return { ...this.#entry(path, "file", stat), ...attributes, size: Number(stat.size), content };
      }
      case fileKind.symlink: {
        const linkname = decodePath(readlinkSync(hostPath(host), { encoding: "buffer" }));
        return { ...this.#entry(path, "symlink", stat), ...attributes, linkname };
      }
      case fileKind.fifo:
        return { ...this.#entry(path, "fifo", stat), ...attributes };
      default: {
        const type = kind === fileKind.block ? "block" : "character";
        return { ...this.#entry(path, type, stat), ...attributes, device: deviceOf(stat.rdev) };
      }
    }
  }

  #entry(path: string, type: EntryType, stat: Stat): Entry {
    return {
      path,
      type,
      mode: type === "symlink" ? 0o777 : Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      size: 0,
      mtime: Math.floor(Number(stat.mtimeMs) / 1000),
    };
  }

  #attributes(path: string): Pick<Entry, "xattrs"> {
    const host = this.#host(path);
    const names = this.#calls.listAttributes(host).filter(isKept);
    if (names.length === 0) return {};
    const values = names.map((name) => [name, new Uint8Array(this.#calls.getAttribute(host, name) ?? [])] as const);
    return { xattrs: Object.fromEntries(values) };
  }
}

type Stat = ReturnType<typeof lstatSync> & {
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
  readonly rdev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  readonly mtimeMs: bigint;
};

/** What travels in a layer: users' attributes and file capabilities; labels and marks belong to a machine. */
function isKept(name: string): boolean {
  return !isMark(name) && (name.startsWith("user.") || name === "security.capability");
}

function sameFolder(entry: Entry, before: Entry | undefined): boolean {
  if (before?.type !== "directory") return false;
  if (entry.mode !== before.mode || entry.uid !== before.uid || entry.gid !== before.gid) return false;
  const [now, then] = [entry.xattrs ?? {}, before.xattrs ?? {}];
  const names = new Set([...Object.keys(now), ...Object.keys(then)].filter(isKept));
  return [...names].every((name) => {
    const [left, right] = [now[name], then[name]];
    return left !== undefined && right !== undefined && Buffer.from(left).equals(right);
  });
}

function whiteout(path: string): Entry {
  return { path, type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0 };
}

function reservedName(path: string): StrakeError {
  return new StrakeError({
    code: "reserved-name",
    message: `the command made /${path}, and in a layer a name that begins with .wh. means a removal`,
    notes: ["Give the file another name, or remove it in the same command."],
  });
}
