import { createRequire } from "node:module";
import { StrakeError } from "@strake/core";
import { encodePath } from "@strake/oci";

/** What Node has no calls for: extended attributes and device files. Links are never followed. */
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
}

/** Operations of flock(2). */
const [exclusive, withoutWaiting] = [2, 4];

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
  };
}

/** Loaded by name at run time: it is optional, and no bundler may take it in. */
function openKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
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
