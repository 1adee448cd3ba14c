import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Builder,
  type BuildOptions,
  digestOf,
  type OperationId,
  type Plan,
  type PlannedStep,
  StrakeError,
} from "@strake/core";
import type { HashFiles, ListDirectories } from "@strake/core/context";
import type { DeflateBlock, Digest, DistantHasher, Image, Layer, ReadPieces } from "@strake/oci";
import { Folders } from "./files/folders.ts";
import { recipeLayer } from "./operation/recipe-layer.ts";
import { changedEntries, changesKey } from "./run/changed-entries.ts";
import type { CommandPorts, FailedCommand } from "./run/command-ports.ts";
import { lowerFolders } from "./run/lower-folders.ts";
import { Slots } from "./run/slots.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { insideUserNamespace } from "./sandbox/user-namespace.ts";
import { digestEntries } from "./snapshot/digest-entries.ts";
import { Snapshots } from "./snapshot/snapshots.ts";
import { Solution } from "./solution.ts";
import type { Fetch, OpenImage, SolveContext } from "./solve/solve-context.ts";
import { solveOperation } from "./solve/solve-plan.ts";
import { emptyFileSystem, layersOf, type Solved } from "./solve/solved.ts";
import type { StepReport } from "./solve/step-report.ts";
import { type Lease, takeLease } from "./store/lease.ts";
import { Store } from "./store/store.ts";

/** What the engine works with; everything from outside is handed in. */
export interface EngineOptions {
  /** The folder of the store. */
  readonly store: string;
  readonly openImage: OpenImage;
  readonly fetch: Fetch;
  /** Nothing is written to the store: for telling what a build would do. */
  readonly readOnly?: boolean;
  /** The build file, whose own ignore file wins over the folder's. */
  readonly buildFile?: string;
  /** The folder for which the build file's own ignore file counts; its own where absent. */
  readonly buildFileRoot?: string;
  /** Hashes many files at once, in other threads. */
  readonly hashFiles?: HashFiles;
  /** Reads directories in other threads. */
  readonly listDirectories?: ListDirectories;
  /** Hashes a stream in another thread. */
  readonly hashStream?: () => DistantHasher;
  /** Reads files in other threads. */
  readonly readPieces?: ReadPieces;
  /** Begins to deflate a stream in other threads. */
  readonly deflateStream?: () => DeflateBlock;
  /** Finds out how commands can be run here; without it, none can. */
  readonly sandbox?: () => Promise<Sandbox>;
  /** How many commands may run at once; as many as there are processors where absent. */
  readonly jobs?: number;
  /** Called with a failed command, while its file system is still there. */
  readonly onFailure?: (failed: FailedCommand) => Promise<void>;
}

/**
 * Makes images on this machine, without a daemon.
 *
 * One engine serves any number of plans at once; an operation that several of them want is done once.
 */
export class Engine implements Builder {
  readonly store: Store;
  readonly #options: EngineOptions;
  readonly #folders: Folders;
  readonly #readPieces: ReadPieces | undefined;
  readonly #operations = new Map<string, Promise<Solved>>();
  readonly #reports = new Map<OperationId, Omit<StepReport, "step">>();
  readonly #commandLayers = new Map<OperationId, { readonly key: Digest; readonly layer: Layer }>();
  readonly #manifests = new Map<Digest, () => string | undefined>();
  readonly #slots: Slots;
  #snapshots: Snapshots | undefined;
  #spool: Store | undefined;
  #lease: Promise<Lease> | undefined;
  #sandbox: Promise<Sandbox> | undefined;
  #afterwards: (() => void)[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    this.store = new Store(options.store);
    this.#slots = new Slots(options.jobs ?? availableParallelism());
    this.#folders = new Folders({
      caches: this.store.contexts,
      readOnly: options.readOnly ?? false,
      buildFile: options.buildFile,
      buildFileRoot: options.buildFileRoot,
      hashFiles: options.hashFiles,
      listDirectories: options.listDirectories,
    });
    this.#readPieces = options.readPieces && this.#folders.readingPieces(options.readPieces);
  }

  async build(plan: Plan, options: BuildOptions): Promise<Image> {
    return (await this.solve(plan, options)).image({ compression: "gzip" });
  }

  /**
   * Finds out what every step of a plan comes to; no layer's bytes are made before somebody reads them.
   *
   * @throws StrakeError at the step that cannot be done
   */
  async solve(plan: Plan, options: BuildOptions): Promise<Solution> {
    await this.#hold(options.signal);
    const context = this.#context(plan, options);
    const result = layersOf(plan.result === null ? emptyFileSystem : await context.solve(plan.result));
    const reports = options.steps.flatMap((step): StepReport[] => {
      const report = this.#reports.get(step.id);
      return report === undefined ? [] : [{ step, ...report }];
    });
    return new Solution(plan, result.layers, reports, this.store, this.#options);
  }

  /** The folders of the layers that a plan comes to, from the base up, for a sandbox to lay over one another. */
  async folders(plan: Plan, options: BuildOptions): Promise<readonly string[]> {
    await this.#hold(options.signal);
    const context = this.#context(plan, options);
    const { layers } = layersOf(plan.result === null ? emptyFileSystem : await context.solve(plan.result));
    return lowerFolders(context.commands.snapshots(), layers, plan.image.epoch);
  }

  /**
   * Makes the image of what a plan comes to with one layer more: the changes in a folder, as the kernel left them.
   *
   * The folder stays as it is.
   */
  async commit(plan: Plan, options: BuildOptions, upper: string): Promise<Solution> {
    await this.#hold(options.signal);
    const context = this.#context(plan, options);
    const input = layersOf(plan.result === null ? emptyFileSystem : await context.solve(plan.result));
    const { space } = context.commands.snapshots();
    const entries = await changedEntries(upper, input, space, plan.image.epoch);
    const { entries: digested, manifest } = await digestEntries(entries, this.#folders.hashFiles);
    const layer = recipeLayer(context, changesKey(manifest, digested, plan.image.epoch), async () => digested);
    return new Solution(plan, [...input.layers, layer], [], this.store, this.#options);
  }

  /**
   * The layers of a plan's commands that were solved, by the commands' content keys.
   *
   * @param all also those of commands that the result does not stand on, such as of images that files are copied from
   */
  commandLayers(plan: Plan, all: boolean): ReadonlyMap<Digest, Layer> {
    const ids = all ? (Object.keys(plan.operations) as OperationId[]) : operationsBelow(plan);
    const found = ids.flatMap((id) => this.#commandLayers.get(id) ?? []);
    return new Map(found.map(({ key, layer }) => [key, layer]));
  }

  /** Keeps what a build found out, for the next one: the results of its steps and what it saw of their files. */
  keep(solutions: readonly Solution[]): void {
    if (this.#options.readOnly || !this.atRest()) return;
    for (const solution of solutions) solution.keep(this.store);
    for (const solution of solutions) {
      for (const digest of solution.reports.flatMap((report) => report.parts.manifests)) {
        if (this.store.hasManifest(digest)) {
          this.store.touchManifest(digest);
          continue;
        }
        const text = this.#manifests.get(digest)?.();
        if (text !== undefined) this.store.keepManifest(digest, text);
      }
    }
    this.#folders.save();
  }

  /** Tells whether the files that were read are as they were; what was made of files that were not is not kept. */
  atRest(): boolean {
    return this.#folders.atRest();
  }

  /** The manifest of files that a step reads, from this run or an earlier build. */
  manifest(digest: Digest): string | undefined {
    return this.#manifests.get(digest)?.() ?? this.store.manifest(digest);
  }

  /** Lets go of the store, and removes what was put aside while nothing was to be written. */
  close(): void {
    this.#finishUp();
    void this.#lease?.then((lease) => lease.release());
    this.#lease = undefined;
    this.#sandbox?.then((sandbox) => sandbox.close()).catch(() => {});
    this.#sandbox = undefined;
    if (this.#spool !== undefined) rmSync(this.#spool.folder, { recursive: true, force: true });
    this.#spool = undefined;
  }

  /** From the first thing that is looked up until the end nothing may be removed from the store. */
  async #hold(signal: AbortSignal | undefined): Promise<void> {
    if (this.#options.readOnly) return;
    this.#lease ??= takeLease(this.store.folder, signal);
    await this.#lease;
  }

  #context(plan: Plan, options: BuildOptions): SolveContext {
    const engine = this;
    const steps = new Map(options.steps.map((step) => [step.id, step]));
    const { locals, noCache = false, network, hosts } = options;
    const fresh = typeof noCache === "function" ? "some" : noCache;
    const scope = digestOf([[...locals].sort(), plan.image.epoch, fresh, network ?? null, hosts ?? []]);
    const context: SolveContext = {
      plan,
      store: this.store,
      get spool() {
        return engine.#spoolFolder();
      },
      readOnly: this.#options.readOnly ?? false,
      openImage: this.#options.openImage,
      fetch: this.#options.fetch,
      folders: this.#folders,
      hashStream: this.#options.hashStream,
      readPieces: this.#readPieces,
      locals: options.locals,
      noCache: (id) => refusesCache(options, steps.get(id)),
      commands: this.#commands(options),
      signal: options.signal,
      step: (id) => steps.get(id),
      cached: (id) => this.#reports.get(id)?.cached ?? false,
      report: (id, report) => this.#reports.set(id, report),
      expectsCommands: () =>
        Object.entries(plan.operations).some(([id, { op }]) => op === "run" && !this.#reports.has(id as OperationId)),
      progress: (event) => options.progress?.(event),
      noteCommand: (id, key, { layer }) => this.#commandLayers.set(id, { key, layer }),
      noteManifest: (digest, text) => this.#manifests.set(digest, text),
      solve: async (id) => {
        if (id === null) return emptyFileSystem;
        const name = `${scope} ${id}`;
        const solving = this.#operations.get(name) ?? solveOperation(context, id, operationOf(plan, id));
        this.#operations.set(name, solving);
        return solving;
      },
    };
    return context;
  }

  #commands(options: BuildOptions): CommandPorts {
    const { sandbox = noSandbox, onFailure } = this.#options;
    const { network, hosts, proxy, hostname, secrets, agents, allow, limits, findLayer } = options;
    return {
      sandbox: () => {
        this.#sandbox ??= sandbox();
        return this.#sandbox;
      },
      snapshots: () => {
        this.#snapshots ??= new Snapshots(this.store.folder, insideUserNamespace() ? "user" : "trusted");
        return this.#snapshots;
      },
      caches: this.store.caches,
      slots: this.#slots,
      surroundings: {
        ...(network === undefined ? {} : { network }),
        ...(hosts === undefined ? {} : { hosts }),
        ...(proxy === undefined ? {} : { proxy }),
        ...(hostname === undefined ? {} : { hostname }),
      },
      secrets: secrets ?? new Map(),
      agents: agents ?? new Map(),
      allow: allow ?? new Set(),
      limits: limits ?? {},
      findLayer: findLayer ?? (async () => undefined),
      logs: join(this.store.folder, "logs"),
      afterwards: (work) => {
        if (this.#afterwards.push(work) === 1) setImmediate(() => this.#finishUp());
      },
      ...(onFailure === undefined ? {} : { onFailure }),
    };
  }

  #finishUp(): void {
    for (const work of this.#afterwards.splice(0)) {
      try {
        work();
      } catch {
        // It tidies up; what is left is found by a later build.
      }
    }
  }

  #spoolFolder(): Store {
    if (!this.#options.readOnly) return this.store;
    this.#spool ??= new Store(mkdtempSync(join(tmpdir(), "strake-plan-")));
    return this.#spool;
  }
}

function operationOf(plan: Plan, id: OperationId): Plan["operations"][OperationId] {
  const operation = plan.operations[id];
  if (operation !== undefined) return operation;
  throw new StrakeError({ code: "invalid-plan", message: `the plan has no operation ${id}` });
}

/** The operations that a plan's result stands on, from the top down. */
function operationsBelow(plan: Plan): readonly OperationId[] {
  const found: OperationId[] = [];
  for (let id = plan.result; id !== null; ) {
    found.push(id);
    const operation = operationOf(plan, id);
    id = "input" in operation ? operation.input : null;
  }
  return found;
}

function refusesCache({ noCache = false }: BuildOptions, step: PlannedStep | undefined): boolean {
  if (typeof noCache === "boolean") return noCache;
  return step !== undefined && noCache(step);
}

async function noSandbox(): Promise<never> {
  throw new StrakeError({
    code: "run-unavailable",
    message: "this engine was given nothing to run commands in",
    notes: ["Write a Dockerfile with `strake print --to dockerfile`, and build that with Docker or BuildKit."],
  });
}
