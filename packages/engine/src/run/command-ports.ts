import type { BuildOptions, CommandLimits, Entitlement } from "@strake/core";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Snapshots } from "../snapshot/snapshots.ts";
import type { CacheMounts } from "../store/cache-mounts.ts";
import type { Slots } from "./slots.ts";

/** What the call that builds says of every command, as far as it can change what a command makes. */
export type CommandSurroundings = Pick<BuildOptions, "network" | "hosts" | "proxy" | "hostname">;

/** What running the commands of a plan takes. */
export interface CommandPorts {
  /** Finds out how commands can run here; asked for only when one has to. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly snapshots: () => Snapshots;
  readonly caches: CacheMounts;
  readonly slots: Slots;
  readonly surroundings: CommandSurroundings;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** Sockets of ssh agents by id. */
  readonly agents: ReadonlyMap<string, string>;
  readonly allow: ReadonlySet<Entitlement>;
  readonly limits: CommandLimits;
  /** Finds the layer that a command made elsewhere, by the command's content key. */
  readonly findLayer: NonNullable<BuildOptions["findLayer"]>;
  /** The folder for the output of commands that fail. */
  readonly logs: string;
  /** Does something that nobody has to wait for: soon, and before the engine is closed. */
  readonly afterwards: (work: () => void) => void;
  /** Called with a failed command, while its file system is still there. */
  readonly onFailure?: (failed: FailedCommand) => Promise<void>;
}

/** A command that failed, and its file system as it left it. */
export interface FailedCommand {
  readonly title: string;
  /** Runs another program in the place of the command, on this terminal. */
  shell(args: readonly string[]): Promise<number>;
}
