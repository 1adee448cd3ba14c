import type { RunWatch } from "./run-watch.ts";

/** Tells a watch what this process writes, what it asks the environment for, and whether it reads standard input. */
export function watchProcess(watch: RunWatch): void {
  watchOutput(watch, 1, process.stdout);
  watchOutput(watch, 2, process.stderr);
  process.env = watchedVariables(watch, process.env);
  const { get } = Object.getOwnPropertyDescriptor(process, "stdin") as { get: () => NodeJS.ReadStream };
  Object.defineProperty(process, "stdin", {
    configurable: true,
    get: () => {
      watch.refuse("standard input is read");
      return get.call(process);
    },
  });
}

function watchOutput(watch: RunWatch, to: 1 | 2, stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...args: readonly unknown[]) => boolean;
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
    watch.write(to, chunk);
    return write(chunk, ...rest);
  };
}

/** Gives the environment's variables as a command under watch sees them. */
export function watchedVariables(watch: RunWatch, variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ask = (name: string | symbol) => {
    if (typeof name === "string") watch.ask(name);
  };
  return new Proxy(variables, {
    get: (_, name) => {
      ask(name);
      return Reflect.get(variables, name);
    },
    has: (_, name) => {
      ask(name);
      return Reflect.has(variables, name);
    },
    getOwnPropertyDescriptor: (_, name) => {
      ask(name);
      return Reflect.getOwnPropertyDescriptor(variables, name);
    },
    // What the environment has is not kept, only what of it was asked for.
    ownKeys: () => {
      watch.refuse("all variables are read");
      return Reflect.ownKeys(variables);
    },
    // With the proxy as the receiver, Node would be asked for something that its own object cannot do.
    set: (_, name, value) => Reflect.set(variables, name, value),
  });
}
