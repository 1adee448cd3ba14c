import type { Digest } from "@strake/oci/document";
import type { Permissions, Rules } from "../graph/definition.ts";

/**
 * What is to be done, in five kinds: BuildKit's LLB operations under plain names.
 *
 * Operations are plain JSON. An operation's id is the digest of its canonical JSON; it names its inputs by their ids,
 * so an id covers all that it stands on. `null` in the place of an input is the empty file system.
 */
export type Operation = SourceOperation | FilesOperation | RunOperation | MergeOperation | DiffOperation;

/** An operation's id: the digest of its canonical JSON. */
export type OperationId = Digest;

/** What an operation stands on; null is the empty file system. */
export type Input = OperationId | null;

export interface SourceOperation {
  readonly op: "source";
  readonly source: OperationSource;
}

/** What comes from outside, pinned by digest wherever it is not a folder of this machine. */
export type OperationSource =
  | { readonly type: "image"; readonly reference: string; readonly digest: Digest; readonly platform: string }
  /** A folder of this machine by name; the call that builds says where it is. */
  | { readonly type: "local"; readonly name: string }
  | { readonly type: "ociLayout"; readonly path: string; readonly digest: Digest; readonly platform: string }
  | { readonly type: "archive"; readonly path: string; readonly digest: Digest; readonly platform: string }
  | { readonly type: "rootfs"; readonly path: string; readonly digest: Digest }
  | { readonly type: "http"; readonly url: string; readonly checksum?: Digest; readonly filename: string }
  | {
      readonly type: "git";
      readonly url: string;
      readonly ref?: string;
      readonly subdirectory?: string;
      readonly checksum?: string;
      readonly keepGitDir?: boolean;
      /** Only false: without the files of submodules. */
      readonly submodules?: boolean;
    };

export interface FilesOperation {
  readonly op: "files";
  readonly input: Input;
  /** Done in order; they make one layer together. */
  readonly actions: readonly FileAction[];
}

export type FileAction = CopyAction | MakeFileAction | MakeDirectoryAction;

export interface CopyAction {
  readonly action: "copy";
  readonly from: Input;
  readonly sources: readonly CopySelection[];
  /** Absolute and clean. */
  readonly destination: string;
  /** The destination was written as a folder, with a trailing slash or as `.`. */
  readonly intoDirectory: boolean;
  readonly owner?: Owner;
  /** Octal or symbolic, as in chmod(1). */
  readonly mode?: string;
  readonly parents?: boolean;
  readonly exclude?: readonly string[];
  /** Archives among the sources are unpacked, as ADD does. */
  readonly unpack?: boolean;
  readonly permissions: Permissions;
  readonly rules: Rules;
  /** Ownership of the source is kept: the files come from an image. */
  readonly keepOwner?: boolean;
}

/** Which files of the source are copied: a path or wildcard of Docker's, or globs below a folder. */
export type CopySelection =
  | { readonly path: string }
  | { readonly base: string; readonly include: readonly string[]; readonly exclude: readonly string[] };

export interface MakeFileAction {
  readonly action: "makeFile";
  readonly path: string;
  /** The content, as UTF-8 text or as base64 of bytes. */
  readonly content: { readonly text: string } | { readonly base64: string };
  readonly mode: string;
  readonly owner?: Owner;
}

export interface MakeDirectoryAction {
  readonly action: "makeDirectory";
  readonly path: string;
  readonly mode: number;
  readonly owner?: Owner;
  /** Strict where absent. */
  readonly rules?: Rules;
}

/** Whose the files become: numbers, or names that the image's `/etc/passwd` and `/etc/group` know. */
export interface Owner {
  readonly user: string;
  readonly group?: string;
}

export interface RunOperation {
  readonly op: "run";
  readonly input: Input;
  readonly args: readonly string[];
  /** `NAME=value`, in order. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly mounts: readonly RunMount[];
  readonly network: "default" | "none" | "host";
  readonly security: "sandbox" | "insecure";
  /** The platform the program is for; a stage may run on another than the image's. */
  readonly platform: string;
  /** False: the result is not kept. */
  readonly cache: boolean;
  /** A script for the sandbox to offer, executable, at the path that the last argument names. */
  readonly script?: string;
}

/** A mount of a run; secrets and agents have names here, and values only in the call that builds. */
export type RunMount =
  | {
      readonly type: "bind";
      readonly target: string;
      readonly from: Input;
      readonly source: string;
      readonly writable: boolean;
    }
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id: string;
      readonly sharing: "shared" | "private" | "locked";
      readonly from: Input;
      readonly source: string;
      readonly readonly: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: "ssh";
      readonly id: string;
      readonly target: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** Lays file systems over one another, the last on top. */
export interface MergeOperation {
  readonly op: "merge";
  readonly inputs: readonly Input[];
}

/** What `upper` has that `lower` has not. */
export interface DiffOperation {
  readonly op: "diff";
  readonly lower: Input;
  readonly upper: Input;
}
