import type { Expression, TextValue } from "../output/expression.ts";
import type { CallSite } from "./call-site.ts";

/**
 * What the author of an image said, as a chain of frozen nodes from the last statement back to `from`.
 *
 * A node's `kind` is the name of the DSL method that makes it. Values are what was said, not what it means: paths are
 * as written, variables are unexpanded, and nothing has been looked up.
 */
export type Definition = FromNode | Step;

/** Every statement but `from`. */
export type Step =
  | RunNode
  | CopyNode
  | AddNode
  | WriteNode
  | MergeNode
  | EnvNode
  | LabelNode
  | ArgNode
  | WorkdirNode
  | UserNode
  | ExposeNode
  | VolumeNode
  | CmdNode
  | EntrypointNode
  | HealthcheckNode
  | StopsignalNode
  | ShellNode
  | OnbuildNode
  | MaintainerNode
  | AnnotationNode
  | TagNode
  | PlatformsNode;

/** What every statement but `from` has: what it stands on, and where it was said. */
interface Statement {
  readonly input: Definition;
  readonly site: CallSite;
  /**
   * What the history says of it, where its author's notation says it otherwise than the statement would: the whole text,
   * or null where the statement is a part of the next, or of nothing, and has no entry of its own.
   */
  readonly history?: string | null;
}

export interface FromNode {
  readonly kind: "from";
  readonly base: Base;
  /** A platform other than the build's, such as `linux/amd64`. */
  readonly platform?: TextValue;
  /** The base's ONBUILD instructions which the statements after this one carry out; a base with others is refused. Without it, planning makes statements of them. */
  readonly triggers?: readonly string[];
  readonly site: CallSite;
}

/** What an image can stand on. */
export type Base =
  | { readonly type: "scratch" }
  | { readonly type: "reference"; readonly name: TextValue }
  | { readonly type: "image"; readonly image: Definition }
  /** An OCI image layout folder; `reference` picks an image by its `org.opencontainers.image.ref.name`. */
  | { readonly type: "ociLayout"; readonly path: LocalPath; readonly reference?: string }
  /** A tar of an image, as `docker save` or an OCI exporter writes it. */
  | { readonly type: "archive"; readonly path: LocalPath; readonly reference?: string }
  /** A tar of a root file system, as `docker export` writes it. */
  | { readonly type: "rootfs"; readonly path: LocalPath }
  /** What the upper image has that the lower has not. */
  | { readonly type: "diff"; readonly lower: Definition; readonly upper: Definition };

/** A path of the author's machine: as written, and the absolute folder it is relative to. */
export interface LocalPath {
  readonly root: string;
  readonly path: string;
}

/** A command as it was given. */
export type Command =
  | { readonly form: "shell"; readonly text: TextValue }
  | { readonly form: "exec"; readonly args: readonly TextValue[] }
  /** Shell commands of which each must succeed. */
  | { readonly form: "commands"; readonly commands: readonly TextValue[] }
  /** A script of several lines; with an interpreter, that program reads it, by `name`; otherwise the shell, stopping at the first failure. */
  | { readonly form: "script"; readonly text: string; readonly interpreter?: string; readonly name?: string };

export interface RunNode extends Statement {
  readonly kind: "run";
  readonly command: Command;
  readonly mounts: readonly Mount[];
  readonly network?: "default" | "none" | "host";
  readonly security?: "sandbox" | "insecure";
  /** False: run again in every build. */
  readonly cache?: boolean;
}

/** What a command sees besides the image's own files. Modes are octal numbers, sizes bytes. */
export type Mount =
  | {
      readonly type: "bind";
      readonly target: TextValue;
      readonly source?: TextValue;
      readonly from: CopyFrom;
      readonly writable?: boolean;
    }
  | {
      readonly type: "cache";
      readonly target: TextValue;
      readonly id?: TextValue;
      readonly sharing?: "shared" | "private" | "locked";
      readonly from?: CopyFrom;
      readonly source?: TextValue;
      readonly readonly?: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly type: "tmpfs"; readonly target: TextValue; readonly size?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: TextValue;
      readonly env?: string;
      readonly required?: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "ssh";
      readonly id?: string;
      readonly target?: TextValue;
      readonly required?: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    };

/** Where copied files come from. */
export type CopyFrom =
  /** A folder of the author's machine, absolute; its `.dockerignore` holds. */
  | { readonly type: "context"; readonly root: string }
  | { readonly type: "image"; readonly image: Definition }
  | { readonly type: "reference"; readonly name: string };

/** A path or wildcard with Docker's rules, or a selection by globs. */
export type CopySource =
  | { readonly type: "path"; readonly path: TextValue }
  | { readonly type: "files"; readonly selection: FilesSelection }
  | ContentSource;

/** A file whose content stands in the statement that copies it: a heredoc of a Dockerfile, which goes last. */
export interface ContentSource {
  readonly type: "content";
  readonly name: string;
  readonly content: TextValue;
}

/**
 * Files of a folder chosen by globs, in fast-glob's syntax; they keep their path below `base`.
 *
 * All paths are relative to the context's root.
 */
export interface FilesSelection {
  /** The folder whose content is copied: what the patterns have in common, or what the author said. */
  readonly base: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** How modes of copied files come about: 0755 or 0644 by the executable bit, or as they are in the source. */
export type Permissions = "normal" | "source";

/**
 * How strictly the rules of COPY are taken: `strict` refuses what Docker silently gets wrong, `docker` follows it.
 */
export type Rules = "strict" | "docker";

interface CopyOptions {
  readonly destination: TextValue;
  /** `user`, `user:group`, by name or number. */
  readonly chown?: TextValue;
  /** Octal, or symbolic such as `u=rwX,go=rX`. */
  readonly chmod?: TextValue;
  readonly link?: boolean;
  readonly exclude: readonly string[];
  readonly permissions: Permissions;
  readonly rules: Rules;
}

export interface CopyNode extends Statement, CopyOptions {
  readonly kind: "copy";
  readonly sources: readonly CopySource[];
  readonly from: CopyFrom;
  readonly parents?: boolean;
}

export interface AddNode extends Statement, CopyOptions {
  readonly kind: "add";
  readonly sources: readonly AddSource[];
  /** The context of local sources. */
  readonly from: CopyFrom;
  readonly checksum?: TextValue;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}

/** What ADD takes besides local paths. */
export type AddSource =
  | { readonly type: "path"; readonly path: TextValue }
  | { readonly type: "http"; readonly url: TextValue }
  | { readonly type: "git"; readonly url: TextValue }
  | ContentSource;

/** A file whose content stands in the definition. */
export interface WriteNode extends Statement {
  readonly kind: "write";
  readonly path: TextValue;
  readonly content: TextValue | Uint8Array;
  readonly chown?: TextValue;
  readonly chmod?: TextValue;
  readonly link?: boolean;
}

/** Lays the files of other images over this one; the config stays this one's. */
export interface MergeNode extends Statement {
  readonly kind: "merge";
  readonly images: readonly Definition[];
}

/** A name and its value, in the order in which they were said; a name may stand twice, and then the last counts. */
export type Pair = readonly [name: TextValue, value: TextValue];

export interface EnvNode extends Statement {
  readonly kind: "env";
  readonly variables: readonly Pair[];
}

export interface LabelNode extends Statement {
  readonly kind: "label";
  readonly labels: readonly Pair[];
}

/**
 * A build argument with its default; a value given to the build replaces the default.
 *
 * Of several that are one statement each is a node, and only the last has a history, which names all of them.
 */
export interface ArgNode extends Statement {
  readonly kind: "arg";
  readonly name: string;
  readonly default?: TextValue;
}

export interface WorkdirNode extends Statement {
  readonly kind: "workdir";
  readonly path: TextValue;
  /** Whether a user that the image does not know is a mistake, or root; strict where absent. */
  readonly rules?: Rules;
}

export interface UserNode extends Statement {
  readonly kind: "user";
  readonly user: TextValue;
}

export interface ExposeNode extends Statement {
  readonly kind: "expose";
  /** `80`, `80/tcp` or `8000-8010/udp`. */
  readonly ports: readonly TextValue[];
}

export interface VolumeNode extends Statement {
  readonly kind: "volume";
  readonly paths: readonly TextValue[];
}

export interface CmdNode extends Statement {
  readonly kind: "cmd";
  readonly command: ContainerCommand;
}

export interface EntrypointNode extends Statement {
  readonly kind: "entrypoint";
  readonly command: ContainerCommand;
}

/** A container's command: with the shell in effect, or as it is. */
export type ContainerCommand =
  | { readonly form: "shell"; readonly text: TextValue }
  | { readonly form: "exec"; readonly args: readonly TextValue[] };

export interface HealthcheckNode extends Statement {
  readonly kind: "healthcheck";
  /** Absent: a healthcheck of the base is switched off. */
  readonly command?: ContainerCommand;
  /** Nanoseconds, as in the image's config. */
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

export interface StopsignalNode extends Statement {
  readonly kind: "stopsignal";
  readonly signal: TextValue;
}

export interface ShellNode extends Statement {
  readonly kind: "shell";
  readonly shell: readonly string[];
}

/** A Dockerfile instruction for the images that stand on this one, as its text. */
export interface OnbuildNode extends Statement {
  readonly kind: "onbuild";
  readonly instruction: string;
}

export interface MaintainerNode extends Statement {
  readonly kind: "maintainer";
  readonly author: TextValue;
}

/** Annotations of the image's manifest. */
export interface AnnotationNode extends Statement {
  readonly kind: "annotation";
  readonly annotations: Readonly<Record<string, TextValue>>;
}

/** Names that the image gets where the command line gives none. */
export interface TagNode extends Statement {
  readonly kind: "tag";
  readonly names: readonly string[];
}

/** The platforms that the image is built for where the command line names none. */
export interface PlatformsNode extends Statement {
  readonly kind: "platforms";
  readonly platforms: readonly string[];
}

/** A text that is an expression rather than a plain string. */
export function isExpression(value: TextValue): value is Expression {
  return typeof value !== "string";
}

/** A value that stands for an image: what `from`, `copy` and `merge` take from another image. */
export interface Defined {
  readonly definition: Definition;
}
