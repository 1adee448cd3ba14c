import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitWith } from "../compose/exit-with.ts";
import type { Actions } from "./request.ts";

/** Makes what the commands do; each loads what it needs when it is asked for, and writes to standard output. */
export function makeActions(signal: AbortSignal): Actions {
  const write = (text: string) => void process.stdout.write(text);
  return {
    build: async (request) => {
      const work = async () => (await import("./build.ts")).build(request, signal);
      // The engine holds the store once it looks something up; before that only kept build files are read.
      await (existsSync(join(await home(), "build-files")) ? holding(signal, work) : work());
    },
    check: async (request) => {
      const { text, failed } = await (await import("./check.ts")).check(request, signal);
      write(text);
      if (failed) throw new ExitWith(1);
    },
    call: async (request, option) => write(await (await import("./call.ts")).call(request, option)),
    plan: async (request) => (await import("./plan.ts")).plan(request, signal),
    print: async (request) => write(await (await import("./print.ts")).print(request, signal)),
    graph: async (request) => write(await (await import("./graph.ts")).graph(request, signal)),
    update: async (request) => {
      const update = async () => (await import("./update.ts")).updateLock(request, signal);
      // A dry run keeps nothing in the store either.
      write(await (request.dryRun ? update() : holding(signal, update)));
    },
    outdated: async (request) => {
      const { text, outdated } = await (await import("./outdated.ts")).listOutdated(request, signal);
      write(text);
      if (outdated) throw new ExitWith(1);
    },
    convert: async (request) => write((await import("./convert.ts")).convert(request)),
    lint: async (request) => {
      const { text, failed } = await (await import("./lint.ts")).lint(request);
      write(text);
      if (failed) throw new ExitWith(1);
    },
    inspect: async (request) => {
      const { text, errors } = await (await import("./inspect.ts")).inspectImages(await openStore(), request);
      write(text);
      throwAll(errors, request.images.length);
    },
    images: async (request) => {
      write(await (await import("./images.ts")).listImages(await openStore(), request, Date.now()));
    },
    history: async (request) => {
      write(await (await import("./history.ts")).showHistory(await openStore(), request, Date.now()));
    },
    run: async (request) => (await import("./run.ts")).runContainer(request, signal),
    commit: async (request) => write(await (await import("./commit.ts")).commitContainer(request, signal)),
    ps: async (request) => {
      const { Containers } = await import("@strake/engine");
      const { listContainers } = await import("./ps.ts");
      write(listContainers(new Containers(await home()), request, Date.now()));
    },
    doctor: async ({ json }) => {
      const { inspectMachine } = await import("@strake/engine");
      const { enterUserNamespace } = await import("../compose/enter-user-namespace.ts");
      const { printMachine } = await import("./doctor.ts");
      // What the sandboxes can do is seen from where commands would be started.
      await enterUserNamespace().catch((error) => {
        if (error instanceof ExitWith) throw error;
      });
      write(printMachine(await inspectMachine(await home()), json));
    },
    push: async (request) =>
      write(await holding(signal, async () => (await import("./push.ts")).pushNames(request, signal))),
    pull: async (request) =>
      write(await holding(signal, async () => (await import("./pull.ts")).pullImages(request, signal))),
    copy: async (request) => write(await (await import("./copy.ts")).copyBetween(request, signal)),
    login: async (request) =>
      write(await (await import("./login.ts")).logIn(request, (line) => process.stderr.write(`${line}\n`), signal)),
    logout: async ({ server }) => write(await (await import("./login.ts")).logOut(server)),
    tag: async ({ source, target }) =>
      holding(signal, async () => (await import("./tag.ts")).tagImage(await openStore(), source, target)),
    rmi: async (request) => {
      const { text, errors } = (await import("./rmi.ts")).removeImages(await openStore(), request);
      write(text);
      throwAll(errors, request.images.length);
    },
    save: async (request) =>
      holding(signal, async () => (await import("./save.ts")).saveImages(await openStore(), request, signal)),
    load: async (request) => {
      const { loadImages } = await import("./load.ts");
      const { hostPlatform } = await import("../compose/host-platform.ts");
      write(await holding(signal, async () => loadImages(await openStore(), request, hostPlatform(), signal)));
    },
    cache: async (request) => {
      const { exportCaches, importCaches, listCaches, removeCaches } = await import("./cache.ts");
      const store = await openStore();
      if (request.action === "ls") write(await listCaches(store, Date.now()));
      else if (request.action === "rm") write(await removeCaches(store, request.ids));
      else if (request.action === "export") await holding(signal, () => exportCaches(store, request.file, signal));
      else write(await holding(signal, () => importCaches(store, request.file)));
    },
    prune: async (request) => write(await (await import("./prune.ts")).pruneStore(await openStore(), request, signal)),
    rm: async (request) => {
      const { text, errors } = await (await import("./rm.ts")).removeContainers(await home(), request);
      write(text);
      throwAll(errors, request.containers.length);
    },
    import: async (request) => {
      const { importImage } = await import("./import.ts");
      const { hostPlatform } = await import("../compose/host-platform.ts");
      const around = { standardInput: process.stdin, platform: hostPlatform(), signal };
      write(await holding(signal, async () => importImage(await openStore(), request, around)));
    },
  };
}

/** Ends a command that went on after mistakes; where one thing only was asked for, as if that were all. */
function throwAll(errors: readonly unknown[], asked: number): void {
  if (errors.length === 1 && asked === 1) throw errors[0];
  if (errors.length > 0) throw new AggregateError(errors);
}

async function home(): Promise<string> {
  return (await import("../compose/store-home.ts")).storeHome(process.env);
}

/** Does something for which nothing may be removed from the store meanwhile. */
async function holding<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { takeLease } = await import("@strake/engine");
  const lease = await takeLease(await home(), signal);
  try {
    return await work();
  } finally {
    lease.release();
  }
}

async function openStore() {
  const { Store } = await import("@strake/engine");
  const { storeHome } = await import("../compose/store-home.ts");
  return new Store(storeHome(process.env));
}
