import type { Definition } from "@strake/core";
import { Engine, type EngineOptions, openSandbox, type SandboxName } from "@strake/engine";
import type { Platform } from "@strake/oci";
import type { Registry } from "@strake/registry";
import { BaseFinder } from "./base-finder.ts";
import { EngineImages } from "./engine-images.ts";
import { hostPlatform } from "./host-platform.ts";
import { openWorkers, type Workers } from "./open-workers.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What every command is told that makes or opens images. */
export interface WorkspaceOptions {
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
  /** The build file, whose own ignore file wins over the folder's. */
  readonly buildFile?: string;
  /** The folder for which the build file's own ignore file counts; its own where absent. */
  readonly buildFileRoot?: string;
  readonly signal?: AbortSignal | undefined;
}

/** What working with images takes. */
export interface Workspace {
  readonly settings: Settings;
  /** The folder that names of files are shown relative to. */
  readonly project: string;
  /** What images are called, by their definitions. */
  readonly names: ReadonlyMap<Definition, string>;
  readonly engine: Engine;
  readonly finder: BaseFinder;
  readonly platform: Platform;
  /** The registries, opened when they are first asked for. */
  registry(): Promise<Registry>;
  /** What commands run in. */
  sandbox(): ReturnType<typeof openSandbox>;
  close(): Promise<void>;
}

/** Makes ready what opens and makes images; nothing is looked up yet. */
export function openWorkspace(options: WorkspaceOptions): Workspace {
  const settings = readSettings(process.env);
  const workers = openWorkers();
  const registry = openRegistry(settings, workers, options.signal);
  const sandbox = () => openSandbox({ isolation: options.isolation, store: settings.home });
  const engineOptions: EngineOptions = {
    store: settings.home,
    openImage: (source, path) => finder.open(source, path),
    fetch: async function* (url, signal) {
      const { download } = await import("./download.ts");
      yield* download(url, settings.proxies(), signal);
    },
    readOnly: options.readOnly,
    sandbox,
    ...(options.buildFile === undefined ? {} : { buildFile: options.buildFile }),
    ...(options.buildFileRoot === undefined ? {} : { buildFileRoot: options.buildFileRoot }),
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    ...workers.ports,
  };
  const engine = new Engine(engineOptions);
  const finder = new BaseFinder({
    store: engine.store,
    registry: registry.open,
    engineImages: new EngineImages(() => settings.docker(), engine.store, options.readOnly),
    pull: options.pull ?? false,
    readOnly: options.readOnly,
  });
  return {
    settings,
    project: process.cwd(),
    names: new Map(),
    engine,
    finder,
    platform: hostPlatform(),
    registry: registry.open,
    sandbox,
    close: async () => {
      engine.close();
      registry.close();
      await finder.close();
      await workers.close();
    },
  };
}

function openRegistry(settings: Settings, workers: Workers, signal: AbortSignal | undefined) {
  let opened: Promise<Registry> | undefined;
  const open = async (): Promise<Registry> => {
    const { DockerCredentials, parseRegistrySettings, Registry } = await import("@strake/registry");
    const { registries } = settings;
    const known = registries === undefined ? {} : { settings: parseRegistrySettings(registries.text, registries.file) };
    const logins = new DockerCredentials();
    const credentials = (host: string) => logins.get(host);
    const { hashStream } = workers.ports;
    const proxy = settings.proxies();
    return new Registry({ ...known, proxy, credentials, hashStream, ...(signal === undefined ? {} : { signal }) });
  };
  return {
    open: () => {
      opened ??= open();
      return opened;
    },
    close: () => void opened?.then((registry) => registry.close()),
  };
}
