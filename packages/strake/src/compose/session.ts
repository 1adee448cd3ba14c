import { dirname } from "node:path";
import { type Definition, Image } from "@strake/core";
import { Engine, type EngineOptions, openSandbox, type SandboxName } from "@strake/engine";
import type { Platform } from "@strake/oci";
import type { Registry } from "@strake/registry";
import { BaseFinder } from "./base-finder.ts";
import { findBuildFile } from "./find-build-file.ts";
import { findTargets, type Target } from "./find-targets.ts";
import { hostPlatform } from "./host-platform.ts";
import { loadBuildFile } from "./load-build-file.ts";
import { openWorkers } from "./open-workers.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What every command that reads a build file is told. */
export interface SessionOptions {
  /** A build file, or a folder with one; the nearest from the working folder upwards where absent. */
  readonly file?: string | undefined;
  /** Nothing is written anywhere. */
  readonly readOnly: boolean;
  /** Ask registries even for what is known. */
  readonly pull?: boolean;
  /** How many commands run at once. */
  readonly jobs?: number | undefined;
  /** The sandbox to run commands in, instead of the first that works. */
  readonly isolation?: SandboxName | undefined;
  /** Called with a failed command, while its file system is still there. */
  readonly onFailure?: EngineOptions["onFailure"];
  readonly signal?: AbortSignal | undefined;
}

/** A build file that has been read, and what working with its images takes. */
export interface Session {
  readonly settings: Settings;
  readonly buildFile: string;
  /** The folder of the build file. */
  readonly project: string;
  readonly targets: readonly Target<Image>[];
  readonly names: ReadonlyMap<Definition, string>;
  readonly engine: Engine;
  readonly finder: BaseFinder;
  readonly platform: Platform;
  close(): Promise<void>;
}

/** Reads the build file and makes ready what builds its images; nothing is looked up yet. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const settings = readSettings(process.env);
  const buildFile = findBuildFile(process.cwd(), options.file);
  const library = new URL("./index.js", import.meta.url).href;
  const exports = await loadBuildFile({ file: buildFile, home: settings.home, library, write: !options.readOnly });
  const targets = await findTargets(buildFile, exports, (value): value is Image => Image.is(value));
  const registry = openRegistry(settings, options.signal);
  const workers = openWorkers();
  const engineOptions: EngineOptions = {
    store: settings.home,
    openImage: (source, path) => finder.open(source, path),
    fetch: async function* (url, signal) {
      const { download } = await import("./download.ts");
      yield* download(url, signal);
    },
    readOnly: options.readOnly,
    buildFile,
    sandbox: () => openSandbox({ isolation: options.isolation, store: settings.home }),
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    ...workers.ports,
  };
  const engine = new Engine(engineOptions);
  const finder = new BaseFinder({
    store: engine.store,
    registry: registry.open,
    pull: options.pull ?? false,
    readOnly: options.readOnly,
  });
  return {
    settings,
    buildFile,
    project: dirname(buildFile),
    targets,
    names: new Map(targets.map(({ name, image }) => [image.definition, name])),
    engine,
    finder,
    platform: hostPlatform(),
    close: async () => {
      engine.close();
      registry.close();
      await finder.close();
      await workers.close();
    },
  };
}

function openRegistry(settings: Settings, signal: AbortSignal | undefined) {
  let opened: Promise<Registry> | undefined;
  const open = async (): Promise<Registry> => {
    const { parseRegistrySettings, Registry } = await import("@strake/registry");
    const { registries } = settings;
    const known = registries === undefined ? {} : { settings: parseRegistrySettings(registries.text, registries.file) };
    return new Registry({ ...known, ...(signal === undefined ? {} : { signal }) });
  };
  return {
    open: () => {
      opened ??= open();
      return opened;
    },
    close: () => void opened?.then((registry) => registry.close()),
  };
}
