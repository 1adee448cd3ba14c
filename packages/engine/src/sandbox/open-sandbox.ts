import { join } from "node:path";
import { digestOf, StrakeError } from "@strake/core";
import { readIfPresent, writeAtomically } from "../store/atomic-file.ts";
import { bubblewrapSandbox } from "./bubblewrap.ts";
import { findProgram } from "./find-program.ts";
import { crunSandbox, runcSandbox } from "./oci-runtime.ts";
import { plainSandbox } from "./plain.ts";
import { type Probe, probeSandbox } from "./probe-sandbox.ts";
import type { Sandbox, SandboxName } from "./sandbox.ts";
import { insideUserNamespace } from "./user-namespace.ts";

/** How a sandbox is looked for. */
export interface OpenSandboxOptions {
  /** Only this one. */
  readonly isolation?: SandboxName | undefined;
  /** The folder of the store; the trials are made there, and what came of them is kept. */
  readonly store: string;
}

/** The sandboxes there are, from the best to the last. */
export function knownSandboxes(store: string): readonly Sandbox[] {
  const programs = join(store, "programs");
  return [crunSandbox(programs), runcSandbox(), bubblewrapSandbox(programs), plainSandbox()];
}

/**
 * Finds what commands can run in on this machine, by trying; what worked once is not tried again.
 *
 * @throws StrakeError `run-unavailable`, with what is missing for each
 */
export async function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const { isolation, store } = options;
  const known = knownSandboxes(store).filter(({ name }) => isolation === undefined || name === isolation);
  const failed: Probe[] = [];
  for (const sandbox of known) {
    const file = join(store, "programs", `${sandbox.name}.works`);
    const machine = machineKey(sandbox.name);
    if (machine !== undefined && readIfPresent(file) === machine) return sandbox;
    const probe = await probeSandbox(sandbox, store);
    if (probe.works) {
      if (machine !== undefined) writeAtomically(file, machine);
      return sandbox;
    }
    failed.push(probe);
  }
  throw new StrakeError({
    code: "run-unavailable",
    message: isolation === undefined ? "commands cannot be run on this machine" : `${isolation} cannot be used here`,
    notes: [
      ...failed.map(({ name, why, remedy }) => `${name}: ${why}${remedy === undefined ? "" : ` ${remedy}`}`),
      "strake doctor says more. Docker or BuildKit can build it too: strake print --to dockerfile.",
    ],
  });
}

/** What decides whether a sandbox works: the kernel, who we are, and the program. */
function machineKey(name: SandboxName): string | undefined {
  const program = findProgram(name === "plain" ? "unshare" : name === "bubblewrap" ? "bwrap" : name);
  if (program === undefined) return undefined;
  const kernel = readIfPresent("/proc/sys/kernel/osrelease") ?? "";
  return digestOf({ program, kernel, user: process.getuid?.() ?? 0, rootless: insideUserNamespace() });
}
