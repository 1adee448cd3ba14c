import { createRequire } from "node:module";

type Exports = Readonly<Record<PropertyKey, unknown>>;

/** Modules of Node that take milliseconds to load, and that many commands get by without. */
const heavy: ReadonlySet<string> = new Set([
  "child_process",
  "crypto",
  "fs/promises",
  "http",
  "http2",
  "https",
  "net",
  "readline",
  "stream/promises",
  "timers/promises",
  "tls",
  "worker_threads",
  "zlib",
]);

/**
 * Makes a `require` that loads Node's heavy modules when something in them is first used.
 *
 * @param see gives what is required, which it may put something else in the place of; called when it is loaded
 */
export function lazyRequire(file: string, see: SeeModule = (_, load) => load()): (name: string) => unknown {
  const require = createRequire(file);
  return (name) => {
    const load = () => see(name, () => require(name) as Exports);
    return heavy.has(name.replace(/^node:/, "")) ? lazyModule(load) : load();
  };
}

/** Told which module is loaded and how. */
export type SeeModule = (name: string, load: () => Exports) => Exports;

function lazyModule(loadIt: () => Exports): Exports {
  let loaded: Exports | undefined;
  const load = () => {
    loaded ??= loadIt();
    return loaded;
  };
  return new Proxy({} as Exports, {
    get: (_, key) => load()[key],
    has: (_, key) => key in load(),
    ownKeys: () => Reflect.ownKeys(load()),
    getOwnPropertyDescriptor: (_, key) => {
      const found = Reflect.getOwnPropertyDescriptor(load(), key);
      return found && { ...found, configurable: true };
    },
  });
}
