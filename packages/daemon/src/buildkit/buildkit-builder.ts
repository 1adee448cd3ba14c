import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Builder,
  type BuildOptions,
  type Operation,
  type OperationId,
  type OperationSource,
  type Plan,
  StrakeError,
} from "@strake/core";
import { ignoreMatcher, readIgnore } from "@strake/core/context";
import { type BlobStore, type Descriptor, type Digest, type Image, imageDigest, sha256 } from "@strake/oci";
import { GrpcError } from "../grpc/grpc-error.ts";
import { type CompiledPlan, compilePlan } from "../llb/compile-plan.ts";
import type { LlbLocal } from "../llb/llb-needs.ts";
import type { SourceText } from "../llb/source-info.ts";
import { contentService } from "../session/content-store.ts";
import { credentialsService, type FindCredentials } from "../session/credentials.ts";
import { fileSendService } from "../session/file-send.ts";
import { fileSyncService } from "../session/file-sync.ts";
import { secretsService } from "../session/secrets.ts";
import { Session } from "../session/session.ts";
import { sshAgentService } from "../session/ssh-agent.ts";
import type { SyncedFolder } from "../session/synced-folder.ts";
import { type AttestedImage, asksAttestations, checkAttests, readAttested } from "./attested-image.ts";
import { BuildEvents } from "./build-events.ts";
import type { BuildkitClient } from "./buildkit-client.ts";
import type { CacheOption } from "./cache-option.ts";
import { checkConfigs, checkGiven, checkLocals, checkPacks, checkPlatforms } from "./check-build.ts";
import { type DaemonOutput, exporterOf, isFiles } from "./daemon-output.ts";
import { imageBlobs } from "./image-blobs.ts";
import { openLocalCaches } from "./local-cache.ts";
import { LogLines } from "./log-lines.ts";
import { buildInOldDocker } from "./old-docker.ts";
import { readAhead } from "./read-ahead.ts";
import { solveFailure } from "./solve-failure.ts";
import { whileServed } from "./while-served.ts";

/** What a builder over a daemon is made of. */
export interface BuildkitBuilderOptions {
  readonly client: BuildkitClient;
  /** Where images that come back from the daemon are kept; a blob that is there already is not sent again. */
  readonly blobs: BlobStore;
  /** Opens images of layouts and archives, and those that `isServed` names. */
  readonly openImage?: (source: OperationSource, path: string | undefined) => Promise<Image>;
  /** Tells which images the daemon cannot find in a registry, so that they are sent to it. */
  readonly isServed?: (source: OperationSource) => boolean;
  readonly credentials?: FindCredentials;
  /** The build file, whose own ignore file wins over its folder's. */
  readonly buildFile?: string;
  /** The folder for which that ignore file counts; the build file's own where absent. */
  readonly buildFileRoot?: string;
  /** Finds the text of a file that steps come from. */
  readonly sourceText?: (file: string) => SourceText | undefined;
  /** Finds digests of files, so that files whose times alone have changed are not sent again. */
  readonly digests?: SyncedFolder["digests"];
  readonly cacheFrom?: readonly CacheOption[];
  readonly cacheTo?: readonly CacheOption[];
  /** How layers are packed, in the words of BuildKit's exporters, such as `compression`: `zstd`; gzip where absent. */
  readonly packing?: Readonly<Record<string, string>>;
  /** Attributes of the solve, such as `attest:provenance`: `mode=max`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What is said of the build of one image. */
export interface ImageBuild {
  /** The caches that it reads and writes; the builder's own where absent. */
  readonly cacheFrom?: readonly CacheOption[];
  readonly cacheTo?: readonly CacheOption[];
  /** What the daemon calls the build; something that no other is called by where absent. */
  readonly ref?: string;
}

/** What the exporters of a build said, such as `containerimage.digest`. */
export type ExporterResponse = Readonly<Record<string, string>>;

/** Makes images with a BuildKit daemon. */
export class BuildkitBuilder implements Builder {
  readonly #options: BuildkitBuilderOptions;
  /** Images that are built at the same time share what is sent of a folder; another run of the program may see others. */
  readonly #unique: string = randomBytes(8).toString("hex");

  constructor(options: BuildkitBuilderOptions) {
    this.#options = options;
  }

  /**
   * Makes the image of a plan, and takes the blobs that this side has not.
   *
   * @throws StrakeError at the step that failed; DaemonError where it was the daemon that did
   */
  async build(plan: Plan, options: BuildOptions, build: ImageBuild = {}): Promise<Image> {
    return (await this.buildAttested(plan, options, build)).image;
  }

  /**
   * Makes the image of a plan, and takes the attestations that the attributes ask for with it.
   *
   * @throws as `build`
   */
  async buildAttested(plan: Plan, options: BuildOptions, build: ImageBuild = {}): Promise<AttestedImage> {
    const { blobs, client, openImage, attributes = {}, packing = {} } = this.#options;
    if (client.isDocker && (await client.isOld())) {
      checkAttests(attributes, client.address);
      checkPacks(packing, client.address);
      const solve = (output: DaemonOutput) => this.#solve(plan, options, [output], new Map(), build);
      const { engine, address } = client;
      return {
        image: await buildInOldDocker(plan, options, { engine, address, blobs, openImage, solve }),
        attestations: [],
      };
    }
    const output = { type: "oci", attributes: { tar: "false", ...packing } };
    const store = readAhead(blobs);
    const response = await this.#solve(plan, options, [output], new Map([["export", store]]), build);
    const packed = response["containerimage.descriptor"];
    if (packed === undefined) {
      throw new StrakeError({
        code: "unsupported-by-buildkit",
        message: `${client.address} did not say which image it made`,
      });
    }
    const built = await readAttested(store, JSON.parse(Buffer.from(packed, "base64").toString()) as Descriptor);
    if (asksAttestations(attributes) && built.attestations.length === 0) {
      const message = `${client.address} attests nothing of an image for ${plan.platform}, which is not its own platform`;
      options.progress?.({ type: "warning", message });
    }
    return built;
  }

  /**
   * Makes the image of a plan and has the daemon write it out; nothing of it is kept here.
   *
   * @throws as `build`
   */
  export(plan: Plan, options: BuildOptions, outputs: readonly DaemonOutput[]): Promise<ExporterResponse> {
    return this.#solve(plan, options, outputs, new Map());
  }

  async #solve(
    plan: Plan,
    options: BuildOptions,
    outputs: readonly DaemonOutput[],
    stores: ReadonlyMap<string, BlobStore>,
    { ref = randomBytes(13).toString("hex"), ...own }: ImageBuild = {},
  ): Promise<ExporterResponse> {
    const { client, attributes = {} } = this.#options;
    const { cacheFrom = [], cacheTo = [] } = { ...this.#options, ...own };
    const served = this.#servedSources(plan);
    // An old daemon takes images from registries alone.
    const isOld = served.size > 0 && (await client.isOld());
    const manifests = isOld ? new Map<OperationSource, Digest>() : await this.#manifestsOf(served.values(), options);
    const compiled = this.#compile(plan, options, (source) => manifests.get(source));
    checkGiven(plan, options, compiled.entitlements);
    checkLocals(plan, options, compiled.locals);
    if (outputs.some(({ type }) => !isFiles(type))) {
      const isBuilt = outputs.every(({ type }) => type === "moby");
      await checkConfigs(client, isBuilt);
    }
    await checkPlatforms(plan, client);
    const caches = openLocalCaches(cacheFrom, cacheTo);
    const content = new Map([...stores, ...caches.stores, ...(await this.#servedImages(compiled, options))]);
    const session = new Session(this.#services(compiled, options, outputs, content), this.#sharedKey(options));
    const log = new LogLines(options.secrets?.values() ?? []);
    const report = options.progress ?? (() => undefined);
    const events = new BuildEvents(compiled.operations, options.steps, log, report);
    const done = new AbortController();
    const signal = whileServed(session, client.address, options.signal);
    let watched: Promise<void> | undefined;
    try {
      await client.openSession(session);
      watched = this.#watch(ref, events, done.signal);
      const exporters = outputs.map((output) => exporterOf(output, plan, client.isDocker));
      const response = await client.solve(
        {
          Ref: ref,
          Definition: compiled.definition,
          Session: session.id,
          FrontendAttrs: { ...attributes },
          Cache: { Imports: caches.imports.map(toEntry), Exports: caches.exports.map(toEntry) },
          Entitlements: [...compiled.entitlements],
          Exporters: exporters,
          // Daemons before 0.13 know one exporter only.
          ExporterDeprecated: exporters[0]?.Type ?? "",
          ExporterAttrsDeprecated: exporters[0]?.Attrs ?? {},
        },
        signal,
      );
      await lastEvents(watched);
      caches.keep(response);
      return response;
    } catch (error) {
      if (GrpcError.is(error)) await lastEvents(watched);
      throw solveFailure(error, {
        address: client.address,
        log,
        operations: compiled.operations,
        steps: options.steps,
        failed: events.failed,
        unserved: new Set(isOld ? served.keys() : []),
      });
    } finally {
      done.abort();
      session.close();
    }
  }

  /** The images that the daemon cannot find in a registry. */
  #servedSources(plan: Plan): ReadonlyMap<OperationId, OperationSource> {
    const { isServed = () => false } = this.#options;
    const found = new Map<OperationId, OperationSource>();
    for (const [id, operation] of Object.entries(plan.operations) as [OperationId, Operation][]) {
      if (operation.op !== "source" || operation.source.type !== "image") continue;
      if (isServed(operation.source)) found.set(id, operation.source);
    }
    return found;
  }

  async #manifestsOf(
    sources: Iterable<OperationSource>,
    options: BuildOptions,
  ): Promise<ReadonlyMap<OperationSource, Digest>> {
    const open = async (source: OperationSource) =>
      [source, await imageDigest(await this.#open(source, options))] as const;
    return new Map(await Promise.all([...sources].map(open)));
  }

  #compile(
    plan: Plan,
    options: BuildOptions,
    servedManifest: (source: OperationSource) => Digest | undefined,
  ): CompiledPlan {
    const { sourceText } = this.#options;
    const { noCache, network, hosts, proxy, hostname, limits } = options;
    return compilePlan(plan, {
      steps: options.steps,
      unique: this.#unique,
      commands: {
        ...(network === undefined ? {} : { network }),
        ...(hosts === undefined ? {} : { hosts }),
        ...(proxy === undefined ? {} : { proxy }),
        ...(hostname === undefined ? {} : { hostname }),
        ...(limits === undefined ? {} : { limits }),
      },
      ...(noCache === undefined ? {} : { noCache }),
      ...(sourceText === undefined ? {} : { sourceText }),
      servedManifest,
    });
  }

  #services(
    compiled: CompiledPlan,
    options: BuildOptions,
    outputs: readonly DaemonOutput[],
    stores: ReadonlyMap<string, BlobStore>,
  ) {
    const { credentials } = this.#options;
    const folders = new Map(compiled.locals.map((local) => [local.name, this.#folder(local, options)]));
    return [
      fileSyncService(folders),
      fileSendService(outputs.map(({ target }) => target)),
      contentService(stores),
      secretsService(options.secrets ?? new Map()),
      ...(credentials === undefined ? [] : [credentialsService(credentials)]),
      ...(options.agents === undefined ? [] : [sshAgentService(options.agents)]),
    ];
  }

  #folder(local: LlbLocal, options: BuildOptions): SyncedFolder {
    const { buildFile, digests } = this.#options;
    const path = options.locals.get(local.local);
    if (path === undefined) {
      const message = `the plan names the folder "${local.local}", and the build was not told where it is`;
      throw new StrakeError({ code: "unbound-local", message });
    }
    const own = this.#root() === path ? buildFile : undefined;
    return {
      path,
      permissions: local.permissions,
      ignore: () => ignoreMatcher(readIgnore(path, own).patterns),
      ...(local.selection === undefined ? {} : { selection: local.selection }),
      ...(digests === undefined ? {} : { digests }),
    };
  }

  async #servedImages(compiled: CompiledPlan, options: BuildOptions): Promise<[string, BlobStore][]> {
    return Promise.all(
      compiled.stores.map(async ({ name, source }): Promise<[string, BlobStore]> => {
        return [`oci:${name}`, await imageBlobs(await this.#open(source, options))];
      }),
    );
  }

  #open(source: OperationSource, options: BuildOptions): Promise<Image> {
    const { openImage } = this.#options;
    if (openImage === undefined) throw new Error(`nothing opens ${JSON.stringify(source)}`);
    return openImage(source, "path" in source ? options.locals.get(source.path) : undefined);
  }

  /** The same for all builds of one project on one machine. */
  #sharedKey(options: BuildOptions): string {
    const root = this.#root();
    const place = root === undefined ? [...options.locals.values()].sort() : [root];
    return sha256(JSON.stringify([hostname(), ...place])).slice("sha256:".length);
  }

  #root(): string | undefined {
    const { buildFile, buildFileRoot } = this.#options;
    return buildFileRoot ?? (buildFile && dirname(buildFile));
  }

  async #watch(ref: string, events: BuildEvents, signal: AbortSignal): Promise<void> {
    try {
      for await (const status of this.#options.client.status(ref, signal)) events.add(status);
    } catch {
      // What goes wrong is told by the solve itself.
    }
  }
}

/** Waits for events that are on their way when a build ends: they belong to it, but are not worth waiting for long. */
async function lastEvents(watched: Promise<void> | undefined): Promise<void> {
  const limit = new AbortController();
  const late = sleep(2000, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([watched, late]);
  limit.abort();
}

function toEntry({ type, attributes }: CacheOption): { Type: string; Attrs: Record<string, string> } {
  return { Type: type, Attrs: { ...attributes } };
}
