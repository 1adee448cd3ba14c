import { knownSandboxes } from "./open-sandbox.ts";
import { type Probe, probeSandbox } from "./probe-sandbox.ts";

/**
 * Tries everything that commands can run in, whether or not it worked before.
 *
 * @param store the folder of the store, on whose file system commands run
 */
export async function probeSandboxes(store: string): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  for (const sandbox of knownSandboxes(store)) probes.push(await probeSandbox(sandbox, store));
  return probes;
}
