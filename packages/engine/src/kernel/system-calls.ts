import { closeSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { StrakeError } from "@strake/core";
import { encodePath } from "@strake/oci";

/** What Node has no calls for: extended attributes, device files, locks and pipes. Links are never followed. */
export interface SystemCalls {
  /** The names of a file's extended attributes. */
  listAttributes(path: string): readonly string[];
  /** The value of an extended attribute, or undefined. */
  getAttribute(path: string, name: string): Buffer | undefined;
  setAttribute(path: string, name: string, value: Uint8Array): void;
  /** Takes the lock of an open file, which ends with the process at the latest; false where another has it. */
  lock(descriptor: number): boolean;
  /** Makes a device file or a fifo; `mode` holds the kind too, as in mknod(2). */
  makeNode(path: string, mode: number, device: { readonly major: number; readonly minor: number }): void;
  /** Makes a pipe; programs that are started get no end of it by themselves. */
  makePipe(): { readonly reader: number; readonly writer: number };
  /** Makes a file in memory that can be executed and never changed again; its descriptor is this process's only. */
  makeSealedFile(name: string, content: Uint8Array): number;
}

/** Operations of flock(2). */
const [exclusive, withoutWaiting] = [2, 4];

/** Flags of pipe2(2) and of memfd_create(2). */
const closeOnExecute = 0o2000000;
const memory = { closeOnExecute: 1, mayBeSealed: 2, mayBeExecuted: 16 };

/** The command of fcntl(2) that takes rights away from a file for good, and all there are: seals, length and content. */
const addSeals = 1033;
const allSeals = 0b1111;

let loaded: SystemCalls | undefined;

/**
 * Loads the calls, once; it takes some 10 ms, so only what really needs them asks for them.
 *
 * @throws StrakeError `no-system-calls` where the library that makes them is not installed
 */
export function systemCalls(): SystemCalls {
  loaded ??= load();
  return loaded;
}

function load(): SystemCalls {
  const koffi = openKoffi();
  const library = koffi.load(null);
  const list = library.func("long llistxattr(const void *path, void *list, size_t size)");
  const get = library.func("long lgetxattr(const void *path, const char *name, void *value, size_t size)");
  const set = library.func(
    "int lsetxattr(const void *path, const char *name, const void *value, size_t size, int flags)",
  );
  const node = library.func("int mknod(const void *path, uint32_t mode, uint64_t device)");
  const flock = library.func("int flock(int descriptor, int operation)");
  const pipe = library.func("int pipe2(void *ends, int flags)");
  const memoryFile = library.func("int memfd_create(const char *name, unsigned int flags)");
  const control = library.func("int fcntl(int descriptor, int command, int value)");
  const names = Object.fromEntries(Object.entries(koffi.os.errno).map(([name, code]) => [code, name]));
  const failed = (call: string, path: string): NodeJS.ErrnoException => {
    const code = names[koffi.errno()] ?? "EIO";
    return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
  };
  let scratch = Buffer.allocUnsafe(64 * 1024);

  return {
    listAttributes(path) {
      const length = Number(list(terminated(path), scratch, scratch.length));
      if (length < 0) {
        const error = failed("llistxattr", path);
        if (error.code === "EOPNOTSUPP" || error.code === "ENOTSUP") return [];
        throw error;
      }
      if (length === 0) return [];
      return scratch
        .toString("utf8", 0, length - 1)
        .split("\0")
        .sort();
    },
    getAttribute(path, name) {
      const bytes = terminated(path);
      const length = Number(get(bytes, name, scratch, scratch.length));
      if (length >= 0) return Buffer.from(scratch.subarray(0, length));
      const error = failed("lgetxattr", path);
      if (error.code === "ENODATA" || error.code === "EOPNOTSUPP") return undefined;
      if (error.code !== "ERANGE") throw error;
      scratch = Buffer.allocUnsafe(2 * scratch.length);
      return this.getAttribute(path, name);
    },
    setAttribute(path, name, value) {
      if (set(terminated(path), name, Buffer.from(value), value.length, 0) !== 0) throw failed("lsetxattr", path);
    },
    lock(descriptor) {
      if (flock(descriptor, exclusive | withoutWaiting) === 0) return true;
      const error = failed("flock", `descriptor ${descriptor}`);
      if (error.code === "EAGAIN" || error.code === "EWOULDBLOCK") return false;
      throw error;
    },
    makeNode(path, mode, { major, minor }) {
      if (node(terminated(path), mode, deviceNumber(major, minor)) !== 0) throw failed("mknod", path);
    },
    makePipe() {
      const ends = new Int32Array(2);
      if (pipe(ends, closeOnExecute) !== 0) throw failed("pipe2", "");
      const [reader = -1, writer = -1] = ends;
      return { reader, writer };
    },
    makeSealedFile(name, content) {
      const flags = memory.closeOnExecute | memory.mayBeSealed;
      // Kernels before 6.3 do not know the last flag, and need none.
      let descriptor = Number(memoryFile(name, flags | memory.mayBeExecuted));
      if (descriptor < 0) descriptor = Number(memoryFile(name, flags));
      if (descriptor < 0) throw failed("memfd_create", name);
      for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at);
      if (control(descriptor, addSeals, allSeals) === 0) return descriptor;
      const error = failed("fcntl", name);
      closeSync(descriptor);
      throw error;
    },
  };
}

/**
 * Loaded by name at run time: it is optional, and no bundler may take it in.
 *
 * What it is made of for this machine is a package of its own; finding that out itself takes it longer than all else.
 */
function openKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    return require(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
  } catch {
    // Other versions have it elsewhere.
  }
  try {
    return require("koffi") as Koffi;
  } catch (cause) {
    throw new StrakeError({
      code: "no-system-calls",
      message: "commands need extended attributes, and the library that reads them (koffi) is not installed",
      notes: ["Install it with: npm install koffi"],
      cause,
    });
  }
}

interface Koffi {
  load(path: null): { func(prototype: string): (...values: unknown[]) => number | bigint };
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

function terminated(path: string): Buffer {
  return Buffer.concat([encodePath(path), Buffer.of(0)]);
}

/** The number of a device as glibc puts it together (makedev(3)). */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
}

/** The parts of a device's number (major(3), minor(3)). */
export function deviceOf(number: bigint): { readonly major: number; readonly minor: number } {
  const major = ((number >> 32n) & 0xfffff000n) | ((number >> 8n) & 0xfffn);
  const minor = ((number >> 12n) & 0xffffff00n) | (number & 0xffn);
  return { major: Number(major), minor: Number(minor) };
}
