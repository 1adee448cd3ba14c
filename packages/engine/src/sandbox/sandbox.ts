import type { CommandLimits, HostName } from "@strake/core";

/** What commands can run in, from the best to the last. */
export const sandboxNames = ["crun", "runc", "bubblewrap", "plain"] as const;

export type SandboxName = (typeof sandboxNames)[number];

/** Runs commands on this machine, each in a file system of its own. */
export interface Sandbox {
  readonly name: SandboxName;
  /**
   * Runs one command; resolves when it and everything it started is gone.
   *
   * When it has ended, the upper folder holds what it changed, and nothing of mounts or of the sandbox itself.
   *
   * @throws StrakeError `sandbox-failed` where the sandbox could not be set up, the signal's reason when it is aborted
   */
  run(job: SandboxJob, io: SandboxIo): Promise<SandboxExit>;
  /** Says that a command will come soon; what every command takes is made ready meanwhile. */
  expect(): void;
  /** Ends what was made ready for a command that did not come. */
  close(): void;
}

/** One command, and what it runs in. */
export interface SandboxJob {
  /** Folders of layers, in the form of overlayfs, from the base up; absolute. */
  readonly lowers: readonly string[];
  /** Gets what the command changes; on one file system with `work`. */
  readonly upper: string;
  /** An empty folder that the kernel works in. */
  readonly work: string;
  /** The changes need not be on the disk when the command has ended; they can be made again. */
  readonly volatile?: boolean;
  /** A folder that does not exist yet, for what the sandbox itself needs; whoever runs the job removes it. */
  readonly scratch: string;
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: SandboxUser;
  readonly mounts: readonly SandboxMount[];
  readonly network: "host" | "none";
  readonly hostname: string;
  readonly hosts: readonly HostName[];
  readonly security: "sandbox" | "insecure";
  /** What the command may do, as `chooseCapabilities` gives it; Docker's usual capabilities where absent. */
  readonly capabilities?: readonly string[];
  /** Only what is mounted can be written, and not the root. */
  readonly readonlyRoot?: boolean;
  /** Who answers questions for names; where absent, whom this machine asks. */
  readonly resolver?: Resolver;
  readonly limits: CommandLimits;
  /** A script that the command finds, executable, at the path of its last argument. */
  readonly script?: string;
}

/** What the lines of `/etc/resolv.conf` say (resolv.conf(5)); for a list that is empty, those of this machine count. */
export interface Resolver {
  /** Addresses. */
  readonly servers: readonly string[];
  /** Domains that are tried for a name without one. */
  readonly searches: readonly string[];
  /** `ndots:2` and the like. */
  readonly options: readonly string[];
}

/** Who the command runs as. */
export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** What `HOME` is where the environment does not say. */
  readonly home: string;
}

/** Files that the command sees besides its own. */
export type SandboxMount =
  /** A file, folder or socket of this machine. */
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readonly: boolean }
  /** What is at a path in layers; what is written to it is thrown away. */
  | {
      readonly type: "layers";
      readonly lowers: readonly string[];
      readonly source: string;
      readonly target: string;
      readonly writable: boolean;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: number };

/** How the command talks to the outside. */
export interface SandboxIo {
  readonly signal?: AbortSignal;
  readonly output?: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  /** The command has this process's terminal, if it has one; nothing goes to `output`. */
  readonly terminal?: boolean;
  /** With a terminal: the command reads what this process would. */
  readonly input?: boolean;
}

/** How a command ended. */
export interface SandboxExit {
  /** 128 and more for one that was ended by a signal, as shells have it. */
  readonly code: number;
  readonly reason?: "timeout" | "memory";
}
