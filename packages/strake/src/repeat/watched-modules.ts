import { type BigIntStats, constants, lstatSync, type Stats } from "node:fs";
import { isBuiltin } from "node:module";
import type { Look } from "./file-stamp.ts";
import type { RunWatch } from "./run-watch.ts";

type Exports = Readonly<Record<PropertyKey, unknown>>;
type Call = (...args: readonly unknown[]) => unknown;

/** Calls that read what a path leads to, or the path itself; of those with `Sync` and of promises alike. */
const reads: Readonly<Record<string, Look>> = {
  access: "file",
  exists: "presence",
  lstat: "link",
  open: "file",
  readFile: "file",
  readdir: "listing",
  readlink: "link",
  realpath: "target",
  stat: "file",
};

/** Calls on what has been opened. */
const onDescriptors: ReadonlySet<string> = new Set(["close", "fstat", "read"]);

/** Modules whose answers hang on what they are given and on this machine. */
const pure: ReadonlySet<string> = new Set([
  "assert",
  "buffer",
  "crypto",
  "events",
  "module",
  "os",
  "path",
  "process",
  "querystring",
  "stream",
  "stream/consumers",
  "stream/promises",
  "string_decoder",
  "timers/promises",
  "tty",
  "url",
  "util",
  "zlib",
]);

/** Gives modules as a command under watch sees them: their calls say what they look at and what they change. */
export function watchedModules(watch: RunWatch): (name: string, load: () => Exports) => Exports {
  const files = new Map<string, Exports>();
  return (name, load) => {
    const plain = name.replace(/^node:/, "");
    if (plain === "fs" || plain === "fs/promises") {
      const known = files.get(plain) ?? watchedFiles(watch, load());
      files.set(plain, known);
      return known;
    }
    if (!(isBuiltin(name) && pure.has(plain))) watch.refuse(`${name} is used`);
    return load();
  };
}

/** The module of files; a call that is not known here counts as one that changes something. */
function watchedFiles(watch: RunWatch, files: Exports): Exports {
  const calls = new Map<PropertyKey, unknown>();
  return new Proxy(files, {
    get: (_, key) => {
      if (!calls.has(key)) calls.set(key, watched(watch, key, files[key]));
      return calls.get(key);
    },
  });
}

function watched(watch: RunWatch, key: PropertyKey, original: unknown): unknown {
  // Classes and constants do nothing.
  if (typeof key !== "string" || typeof original !== "function" || /^[A-Z_]/.test(key)) {
    if (key === "promises") return watchedFiles(watch, original as Exports);
    return original;
  }
  const name = key.replace(/Sync$/, "");
  if (onDescriptors.has(name)) return original;
  const call = original as Call;
  if (key === "lstatSync") return (path: unknown, options?: unknown) => lookWith(watch, call, path, options);
  const tell = teller(watch, name);
  return (...args: readonly unknown[]) => {
    tell(args);
    return call(...args);
  };
}

/** Walks ask this of every file, so the answer is taken as the look. */
function lookWith(watch: RunWatch, lstat: Call, path: unknown, options: unknown): unknown {
  try {
    const found = lstat(path, options) as Stats | BigIntStats | undefined;
    if (typeof found?.ino === "bigint") watch.look("link", path);
    else watch.look("link", path, (found as Stats | undefined) ?? "nothing");
    return found;
  } catch (error) {
    watch.look("link", path);
    throw error;
  }
}

function teller(watch: RunWatch, name: string): (args: readonly unknown[]) => void {
  const look = reads[name];
  if (name === "open") {
    return ([path, flags]) => (isReading(flags) ? watch.look("file", path) : watch.change(path));
  }
  if (look !== undefined) return ([path]) => watch.look(look, path);
  if (name === "utimes") return ([path]) => watch.use(path);
  // Of what is there already, or not there any more, these change nothing.
  if (name === "mkdir") return ([path]) => (isThere(path) ? watch.look("presence", path) : watch.change(path));
  if (name === "rm") return ([path]) => (isThere(path) ? watch.change(path) : watch.look("presence", path));
  if (name === "writeFile") return ([path]) => watch.change(path);
  return ([path]) => watch.refuse(`${name} of ${path}`);
}

function isReading(flags: unknown): boolean {
  if (typeof flags === "number") return (flags & (constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT)) === 0;
  return flags === undefined || flags === "r";
}

function isThere(path: unknown): boolean {
  return typeof path === "string" && lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
