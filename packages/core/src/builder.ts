import type { Digest, Image, Layer } from "@strake/oci/document";
import type { OperationId } from "./plan/operation.ts";
import type { Plan, PlannedStep } from "./plan/plan.ts";

/** Something that makes images from plans: the embedded engine, or a daemon. */
export interface Builder {
  /**
   * Makes the image of a plan.
   *
   * The same operation wanted by several plans at once is done once. When the build fails or is interrupted, nothing
   * but finished steps is kept.
   */
  build(plan: Plan, options: BuildOptions): Promise<Image>;
}

export interface BuildOptions {
  /** Absolute folders of the plan's local sources, by their names. */
  readonly locals: ReadonlyMap<string, string>;
  readonly steps: readonly PlannedStep[];
  /** Steps are done although their results are kept from an earlier build: all of them, or those of some images. */
  readonly noCache?: boolean | ((step: PlannedStep) => boolean);
  /** Values of secrets by their ids; they reach no key, no layer and no log. */
  readonly secrets?: ReadonlyMap<string, Uint8Array>;
  /** Sockets of ssh agents by their ids. */
  readonly agents?: ReadonlyMap<string, string>;
  /** What commands may do beyond the usual, where they ask for it. */
  readonly allow?: ReadonlySet<Entitlement>;
  /** The network of commands that ask for none in particular. */
  readonly network?: "default" | "none" | "host";
  /** Lines of `/etc/hosts` for every command. */
  readonly hosts?: readonly HostName[];
  /** Proxies for every command, by their names in lower case; they are part of no key, plan or history. */
  readonly proxy?: ReadonlyMap<string, string>;
  /** What commands find as the machine's name. */
  readonly hostname?: string;
  /** What one command may use; nothing of it is part of a key. */
  readonly limits?: CommandLimits;
  /** Finds the layer that a command made elsewhere, by the command's content key; undefined where nobody knows. */
  readonly findLayer?: (command: Digest) => Promise<Layer | undefined>;
  readonly progress?: (event: BuildEvent) => void;
  readonly signal?: AbortSignal;
}

/** A right that a command has only when the call that builds gives it. */
export type Entitlement = "network.host" | "security.insecure";

/** A name that commands find at an address. */
export interface HostName {
  readonly name: string;
  readonly address: string;
}

/** What one command may use, where the kernel offers to limit it. */
export interface CommandLimits {
  /** In bytes. */
  readonly memory?: number;
  /** Processors, whole or in part. */
  readonly cpus?: number;
  readonly processes?: number;
  /** Size of `/dev/shm`, in bytes. */
  readonly shmSize?: number;
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  /** In milliseconds. */
  readonly timeout?: number;
}

/** What happens during a build, as it happens; the only thing that the screens know of it. */
export type BuildEvent =
  | { readonly type: "started"; readonly step: OperationId; readonly title: string; readonly image: string }
  /** Bytes done so far, and of how many where that is known. */
  | { readonly type: "progress"; readonly step: OperationId; readonly done: number; readonly total?: number }
  | {
      readonly type: "finished";
      readonly step: OperationId;
      readonly cached: boolean;
      readonly milliseconds: number;
      readonly size?: number;
    }
  | { readonly type: "failed"; readonly step: OperationId; readonly message: string }
  | { readonly type: "output"; readonly step: OperationId; readonly text: string }
  /** An image has been written to, or loaded into, a place. */
  | {
      readonly type: "exported";
      readonly image: string;
      readonly to: string;
      readonly digest: Digest;
      readonly unchanged: boolean;
    }
  | { readonly type: "warning"; readonly message: string }
  /** Something worth knowing that nobody has to do anything about. */
  | { readonly type: "note"; readonly message: string };
