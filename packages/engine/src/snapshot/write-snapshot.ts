import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { type Entry, type FileTree, hostPath, openContent, parseWhiteout, resolvePath } from "@strake/oci";
import { fileKind, type MarkSpace, opaqueMark } from "../kernel/file-kinds.ts";
import { systemCalls } from "../kernel/system-calls.ts";

/** How the entries of a layer are put into a folder. */
export interface SnapshotOptions {
  /** The files as they are with this layer: for links, and for folders that the layer does not name itself. */
  readonly tree: FileTree;
  /** The files below this layer. */
  readonly below: FileTree;
  readonly space: MarkSpace;
  /** The latest time, in seconds since 1970; times stay as they are where absent. */
  readonly epoch: number | undefined;
}

/**
 * Puts the entries of a layer into an empty folder, in the form in which overlayfs has layers.
 *
 * Whiteouts become devices 0/0, opaque folders carry a mark. Folders that a path needs and the layer does not name are
 * made as the layers below have them.
 */
export function writeSnapshot(folder: string, entries: readonly Entry[], options: SnapshotOptions): void {
  const writer = new Writer(folder, options);
  const removed = new Set<string>();
  for (const entry of entries) {
    const found = parseWhiteout(entry.path);
    if (found === undefined || found.kind === "ignored") continue;
    if (found.kind === "opaque") writer.markOpaque(writer.resolve(found.path));
    else removed.add(writer.resolveParent(found.path));
  }
  writer.writeRoot();
  for (const entry of entries) {
    if (parseWhiteout(entry.path) === undefined) writer.write(entry);
  }
  for (const path of removed) writer.remove(path);
  writer.finish();
}

const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

class Writer {
  readonly #folder: string;
  readonly #options: SnapshotOptions;
  /** What has been written, and the folders with what they have to become in the end. */
  readonly #written = new Set<string>();
  readonly #folders = new Map<string, Entry>();

  constructor(folder: string, options: SnapshotOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  resolve(path: string): string {
    if (path === "" || this.#options.tree.get(path)?.type === "directory") return path;
    return resolvePath(this.#options.tree, path, { followLast: true }).path;
  }

  resolveParent(path: string): string {
    const slash = path.lastIndexOf("/");
    if (slash < 0) return path;
    return `${this.resolve(path.slice(0, slash))}/${path.slice(slash + 1)}`;
  }

  writeRoot(): void {
    this.#folders.set("", this.#options.tree.get("") as Entry);
  }

  write(entry: Entry): void {
    const path = this.resolveParent(entry.path);
    const placed = this.#options.tree.get(path);
    // What a later entry of the same layer replaced is not there any more.
    if (path === "" || placed === undefined || this.#written.has(path)) return;
    this.#makeParents(path);
    if (placed.type === "directory") this.#makeFolder(path, placed);
    else this.#writeOther(path, placed, entry);
  }

  markOpaque(path: string): void {
    const placed = this.#options.tree.get(path);
    if (placed?.type !== "directory") return;
    this.#makeParents(path);
    this.#makeFolder(path, placed);
    systemCalls().setAttribute(this.#host(path), opaqueMark(this.#options.space), Buffer.from("y"));
  }

  /** Hides what is below; a folder that the layer made again instead shows nothing of the one that was there. */
  remove(path: string): void {
    if (this.#options.below.get(path) === undefined) return;
    const now = this.#options.tree.get(path);
    if (now?.type === "directory" && this.#written.has(path)) {
      systemCalls().setAttribute(this.#host(path), opaqueMark(this.#options.space), Buffer.from("y"));
    } else if (!this.#written.has(path) && now === undefined) {
      this.#makeParents(path);
      systemCalls().makeNode(this.#host(path), fileKind.character, { major: 0, minor: 0 });
      this.#written.add(path);
    }
  }

  /** Folders get their mode and time last: writing into them needs the one and changes the other. */
  finish(): void {
    for (const [path, entry] of [...this.#folders].reverse()) {
      const host = hostPath(this.#host(path));
      if (entry.uid !== 0 || entry.gid !== 0) lchownSync(host, entry.uid, entry.gid);
      chmodSync(host, entry.mode);
      this.#setAttributes(path, entry);
      const time = this.#time(entry);
      utimesSync(host, time, time);
    }
  }

  #host(path: string): string {
    return path === "" ? this.#folder : `${this.#folder}/${path}`;
  }

  #makeParents(path: string): void {
    const slash = path.lastIndexOf("/");
    const parent = path.slice(0, Math.max(0, slash));
    if (parent === "" || this.#written.has(parent)) return;
    this.#makeParents(parent);
    this.#makeFolder(parent, this.#options.tree.get(parent) as Entry);
  }

  #makeFolder(path: string, entry: Entry): void {
    if (path === "" || this.#written.has(path)) return;
    this.#written.add(path);
    mkdirSync(hostPath(this.#host(path)), { mode: 0o700 });
    this.#folders.set(path, entry);
  }

  #writeOther(path: string, placed: Entry, said: Entry): void {
    this.#written.add(path);
    if (said.type === "hardlink") {
      const target = this.resolveParent(said.linkname ?? "");
      if (this.#written.has(target)) {
        linkSync(hostPath(this.#host(target)), hostPath(this.#host(path)));
        return;
      }
    }
    switch (placed.type) {
      case "file":
        this.#writeFile(path, placed);
        return;
      case "symlink":
        symlinkSync(hostPath(placed.linkname ?? ""), hostPath(this.#host(path)));
        break;
      case "fifo":
        systemCalls().makeNode(this.#host(path), fileKind.fifo | placed.mode, { major: 0, minor: 0 });
        break;
      default:
        // Inside a user namespace nobody can make devices; commands have those of their sandbox.
        if (this.#options.space === "user") return;
        this.#makeDevice(path, placed);
    }
    this.#setMetadata(path, placed);
  }

  #makeDevice(path: string, entry: Entry): void {
    const kind = entry.type === "block" ? fileKind.block : fileKind.character;
    systemCalls().makeNode(this.#host(path), kind | entry.mode, entry.device ?? { major: 0, minor: 0 });
  }

  #writeFile(path: string, entry: Entry): void {
    const descriptor = openSync(hostPath(this.#host(path)), "wx", 0o600);
    try {
      const reader = openContent(entry);
      try {
        for (let left = entry.size; left > 0; ) {
          const length = reader.read(buffer, 0, buffer.length);
          for (let at = 0; at < length; ) at += writeSync(descriptor, buffer, at, length - at);
          left -= length;
        }
      } finally {
        reader.close();
      }
      if (entry.uid !== 0 || entry.gid !== 0) fchownSync(descriptor, entry.uid, entry.gid);
      fchmodSync(descriptor, entry.mode);
      this.#setAttributes(path, entry);
      const time = this.#time(entry);
      futimesSync(descriptor, time, time);
    } finally {
      closeSync(descriptor);
    }
  }

  #setMetadata(path: string, entry: Entry): void {
    const host = hostPath(this.#host(path));
    if (entry.uid !== 0 || entry.gid !== 0) lchownSync(host, entry.uid, entry.gid);
    if (entry.type !== "symlink") chmodSync(host, entry.mode);
    this.#setAttributes(path, entry);
    const time = this.#time(entry);
    lutimesSync(host, time, time);
  }

  #setAttributes(path: string, entry: Entry): void {
    for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
      systemCalls().setAttribute(this.#host(path), name, value);
    }
  }

  #time(entry: Entry): number {
    return Math.min(entry.mtime, this.#options.epoch ?? entry.mtime);
  }
}
