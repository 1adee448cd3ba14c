import type { BuildEvent, OperationId, OperationSource, Plan, PlannedStep } from "@strake/core";
import type { Digest, DistantHasher, Image, ReadPieces } from "@strake/oci";
import type { Folders } from "../files/folders.ts";
import type { CommandPorts } from "../run/command-ports.ts";
import type { Store } from "../store/store.ts";
import type { Solved, SolvedLayer } from "./solved.ts";
import type { StepReport } from "./step-report.ts";

/** Opens a download; how is for the caller to say. */
export type Fetch = (url: string, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;

/**
 * Opens the image of a source; how is for the caller to say.
 *
 * @param path the absolute path of a source that is a file or a folder
 */
export type OpenImage = (source: ImageOfSource, path: string | undefined) => Promise<Image>;

/** The sources that are images. */
export type ImageOfSource = Extract<OperationSource, { type: "image" | "ociLayout" | "archive" }>;

/** What solving one plan needs; handed to every operation. */
export interface SolveContext {
  readonly plan: Plan;
  readonly store: Store;
  /** Where bytes go that must be on disk: the store, or a passing folder when nothing may be written. */
  readonly spool: Store;
  readonly readOnly: boolean;
  readonly openImage: OpenImage;
  readonly fetch: Fetch;
  readonly folders: Folders;
  /** Hashes a stream in another thread, where the machine has a way. */
  readonly hashStream: (() => DistantHasher) | undefined;
  /** Reads files in other threads, where the machine has a way. */
  readonly readPieces: ReadPieces | undefined;
  readonly locals: ReadonlyMap<string, string>;
  /** Whether a step is to be done although its result is kept. */
  noCache(id: OperationId): boolean;
  readonly commands: CommandPorts;
  readonly signal: AbortSignal | undefined;
  solve(id: OperationId | null): Promise<Solved>;
  step(id: OperationId): PlannedStep | undefined;
  /** Whether a step that has been solved was found in the store. */
  cached(id: OperationId): boolean;
  report(id: OperationId, report: Omit<StepReport, "step">): void;
  /** A command's layer, for those who write caches. */
  noteCommand(id: OperationId, key: Digest, made: SolvedLayer): void;
  /** Whether the plan has commands of which nothing is known yet. */
  expectsCommands(): boolean;
  progress(event: BuildEvent): void;
  /** A manifest to be kept when the build is. */
  noteManifest(digest: Digest, text: () => string | undefined): void;
}
