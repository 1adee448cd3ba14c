import type { CommandLimits, HostName } from "@strake/core";
import type { LintFormat } from "@strake/dockerfile";
import type { Resolver, SandboxName } from "@strake/engine";
import type { Platform } from "@strake/oci/document";
import type { OutputOption } from "../compose/output-option.ts";
import type { BuildProgressMode, ProgressMode } from "../screen/progress.ts";
import type { AttestationRequest } from "./option/attestations.ts";
import type { CallOption } from "./option/call-option.ts";
import type { CommandRequest } from "./option/command-options.ts";
import type { ContainerFilter } from "./option/container-filter.ts";
import type { BoundFolder } from "./option/container-mount.ts";
import type { ImageFilter } from "./option/image-filter.ts";
import type { MemoryFolder } from "./option/memory-folder.ts";

/** What is asked of a build file: which images, and what goes into their plans. */
export interface DefinitionRequest {
  readonly targets: readonly string[];
  /** What stands behind the options: targets of a build file, or the folder that a Dockerfile is built in. */
  readonly places: readonly string[];
  /** What `--target` names. */
  readonly stages: readonly string[];
  /** What `--build-context` names: places by their names. */
  readonly contexts: ReadonlyMap<string, string>;
  /** As it was given with `-f`. */
  readonly file?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** None: the platforms that the image names, else the builder's own. */
  readonly platforms: readonly Platform[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names are looked up anew although they are known from an earlier build. */
  readonly pull: boolean;
  /** What the lockfile does not pin, or pins otherwise, is an error, and the lockfile is not written. */
  readonly frozenLockfile: boolean;
  /** Nobody asked for the frozen lockfile: `CI` is set. */
  readonly frozenByCi?: boolean;
  /** Seconds since 1970, from `SOURCE_DATE_EPOCH`. */
  readonly epoch: number;
}

export interface BuildRequest extends DefinitionRequest {
  readonly tags: readonly string[];
  readonly outputs: readonly OutputOption[];
  /** The images are loaded into the Docker daemon. */
  readonly load: boolean;
  /** The images are pushed to the registries that their names say. */
  readonly push: boolean;
  /** Each image gets a name more, whose tag says what it is made of; one that was pushed under it is not built again. */
  readonly tagByContent: boolean;
  readonly noCache: boolean;
  /** `engine`, `auto`, `docker`, `fleet`, names of the settings or addresses of daemons; none: the engine. */
  readonly builders: readonly string[];
  /** Caches of a daemon, in buildx's notation. */
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  /** What a daemon has to attest of the images. */
  readonly attestations: AttestationRequest;
  readonly commands: CommandRequest;
  readonly progress: BuildProgressMode;
  /** The file that gets the image id. */
  readonly imageIdFile?: string;
  /** The file that gets what was built, as JSON. */
  readonly metadataFile?: string;
}

export interface PlanRequest extends DefinitionRequest {
  readonly json: boolean;
  /** Layers are compressed, without being kept, to tell their compressed digests and the manifest's. */
  readonly digests: boolean;
  readonly noCache: boolean;
  readonly commands: CommandRequest;
}

/** What `print` can print. */
export const renderings = ["dockerfile", "bake", "compose", "plan", "llb"] as const;

export interface PrintRequest extends DefinitionRequest {
  readonly to: (typeof renderings)[number];
  /** The folder that gets the files, for compose the file; without it there is standard output. */
  readonly destination?: string;
}

/** What `graph` can draw. */
export const graphFormats = ["mermaid", "dot", "json"] as const;

export type GraphFormat = (typeof graphFormats)[number];

export interface GraphRequest extends DefinitionRequest {
  readonly format: GraphFormat;
}

/** What is asked of a lockfile. */
export interface LockRequest {
  /** Names of images; none: all of them. */
  readonly names: readonly string[];
  /** As it was given with `-f`. */
  readonly file?: string;
  /** The stage of a Dockerfile whose names count; the last where absent. */
  readonly stage?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Platforms besides those that the images say. */
  readonly platforms: readonly Platform[];
}

export interface UpdateRequest extends LockRequest {
  /** What changes among the packages is shown too, which takes the layers. */
  readonly packages: boolean;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

export interface OutdatedRequest extends LockRequest {
  readonly json: boolean;
}

export interface ConvertRequest {
  /** A Dockerfile, or a folder that has one. */
  readonly file: string;
  /** The build file to write; `-` is standard output. Beside the Dockerfile where absent. */
  readonly output?: string;
  /** A file that is there already is written over. */
  readonly force: boolean;
}

export interface LintRequest {
  /** Build files, Dockerfiles, or folders with one; none: what a build would take. */
  readonly files: readonly string[];
  readonly format: LintFormat;
  /** What can be mended without changing what is built is mended in Dockerfiles. */
  readonly fix: boolean;
  /** Warnings fail the check too. */
  readonly strict: boolean;
  /** The folder that a Dockerfile is built in; its own where absent. */
  readonly context?: string;
}

export interface InspectRequest {
  readonly images: readonly string[];
  /** A Go template; without it, JSON. */
  readonly format?: string;
}

export interface ImagesRequest {
  /** Only images of this repository, or of this name. */
  readonly name?: string;
  /** All of them have to let an image through. */
  readonly filters?: readonly ImageFilter[];
  readonly quiet: boolean;
  readonly digests: boolean;
  readonly truncate: boolean;
  /** A Go template, `json`, or `table` and a template. */
  readonly format?: string;
}

export interface HistoryRequest {
  readonly image: string;
  readonly quiet: boolean;
  /** Sizes and times as people read them. */
  readonly human: boolean;
  readonly truncate: boolean;
  readonly format?: string;
}

export interface ImportRequest {
  /** A tar of a root file system; `-` is standard input. */
  readonly file: string;
  readonly reference?: string;
  /** Dockerfile instructions that change the config. */
  readonly changes: readonly string[];
  readonly message?: string;
  readonly platform?: Platform;
  /** Seconds since 1970, from `SOURCE_DATE_EPOCH`. */
  readonly epoch: number;
}

/** The values of `--pull` of `run`. */
export const pullTimes = ["always", "missing", "never"] as const;

export interface RunRequest {
  readonly image: string;
  /** None: what the image says. */
  readonly command: readonly string[];
  /** What the image has to be for; where nobody says, what the local store's is for, else this machine. */
  readonly platform?: Platform;
  /** When a registry is asked for the image: in any case, where the local store has not got it, or not at all. */
  readonly pull: (typeof pullTimes)[number];
  /** Nothing is said of a pull. */
  readonly quiet: boolean;
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly remove: boolean;
  readonly name?: string;
  /** A file that gets the container's id. */
  readonly idFile?: string;
  readonly hostname?: string;
  /** Files of variables, which `env` wins over. */
  readonly envFiles: readonly string[];
  /** `NAME=value`, or `NAME` for the value that the environment has. */
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly (BoundFolder | MemoryFolder)[];
  /** Nothing but what is mounted can be written. */
  readonly readonlyRoot: boolean;
  readonly workdir?: string;
  readonly user?: string;
  /** Groups that the user is in besides, by name or number. */
  readonly groups: readonly string[];
  readonly entrypoint?: string;
  readonly network: "host" | "none";
  readonly hosts: readonly HostName[];
  /** Who is asked for the addresses of names, where that is not whom this machine asks. */
  readonly resolver?: Resolver;
  readonly privileged: boolean;
  /** Rights more and less than usual, by the names of capabilities; `ALL` is all of them. */
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  readonly limits: CommandLimits;
  readonly isolation?: SandboxName;
}

export interface CommitRequest {
  /** A name, or the beginning of an id. */
  readonly container: string;
  readonly reference?: string;
  /** Dockerfile instructions that change the config. */
  readonly changes: readonly string[];
  readonly author?: string;
  readonly message?: string;
  /** Seconds since 1970, from `SOURCE_DATE_EPOCH`. */
  readonly epoch: number;
}

export interface PsRequest {
  /** Those too whose command has ended. */
  readonly all: boolean;
  /** As many of the newest, whether they run or not. */
  readonly last?: number;
  readonly filters: readonly ContainerFilter[];
  readonly quiet: boolean;
  readonly truncate: boolean;
  readonly format?: string;
}

export interface RmRequest {
  readonly containers: readonly string[];
  /** Those too whose command is running. */
  readonly force: boolean;
}

export interface PushRequest {
  readonly names: readonly string[];
  /** All tags of the repositories that the names are of. */
  readonly allTags: boolean;
  readonly progress: ProgressMode;
}

export interface PullRequest {
  readonly names: readonly string[];
  /** All tags that the registry has of the repositories. */
  readonly allTags: boolean;
  readonly platform?: Platform;
  readonly progress: ProgressMode;
}

export interface CopyRequest {
  /** Places as they were given: names, or folders and files as skopeo writes them. */
  readonly source: string;
  readonly destination: string;
  /** The image for one platform instead of all that an index names. */
  readonly platform?: Platform;
  readonly progress: ProgressMode;
}

export interface LoginRequest {
  readonly server?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFromInput: boolean;
}

export interface RmiRequest {
  readonly images: readonly string[];
  readonly force: boolean;
}

export interface SaveRequest {
  readonly images: readonly string[];
  readonly format: "docker" | "oci";
  /** The file; standard output where absent. */
  readonly output?: string;
}

export interface LoadRequest {
  /** The file; standard input where absent. */
  readonly input?: string;
}

export type CacheRequest =
  | { readonly action: "ls" }
  | { readonly action: "rm"; readonly ids: readonly string[] }
  /** `-` is standard output, or input. */
  | { readonly action: "export" | "import"; readonly file: string };

export interface PruneRequest {
  /** In milliseconds. */
  readonly unusedFor: number;
  readonly keepBytes?: number;
  /** Cache mounts too. */
  readonly caches: boolean;
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly force: boolean;
}

/** What the command line can ask for; each resolves when it is done. */
export interface Actions {
  build(request: BuildRequest): Promise<void>;
  check(request: DefinitionRequest): Promise<void>;
  call(request: DefinitionRequest, option: CallOption): Promise<void>;
  plan(request: PlanRequest): Promise<void>;
  print(request: PrintRequest): Promise<void>;
  graph(request: GraphRequest): Promise<void>;
  update(request: UpdateRequest): Promise<void>;
  outdated(request: OutdatedRequest): Promise<void>;
  convert(request: ConvertRequest): Promise<void>;
  lint(request: LintRequest): Promise<void>;
  inspect(request: InspectRequest): Promise<void>;
  images(request: ImagesRequest): Promise<void>;
  history(request: HistoryRequest): Promise<void>;
  import(request: ImportRequest): Promise<void>;
  run(request: RunRequest): Promise<void>;
  commit(request: CommitRequest): Promise<void>;
  ps(request: PsRequest): Promise<void>;
  rm(request: RmRequest): Promise<void>;
  tag(request: { readonly source: string; readonly target: string }): Promise<void>;
  rmi(request: RmiRequest): Promise<void>;
  save(request: SaveRequest): Promise<void>;
  load(request: LoadRequest): Promise<void>;
  cache(request: CacheRequest): Promise<void>;
  prune(request: PruneRequest): Promise<void>;
  push(request: PushRequest): Promise<void>;
  pull(request: PullRequest): Promise<void>;
  copy(request: CopyRequest): Promise<void>;
  login(request: LoginRequest): Promise<void>;
  logout(request: { readonly server?: string }): Promise<void>;
  doctor(request: { readonly json: boolean }): Promise<void>;
}
