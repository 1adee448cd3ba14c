import type { SandboxJob } from "./sandbox.ts";

/** Where programs are looked for in an image that does not say. */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a command: what it was given, and `PATH` and `HOME` where that does not say. */
export function commandEnvironment({ env, user }: SandboxJob): readonly string[] {
  const has = (name: string) => env.some((each) => each.startsWith(`${name}=`));
  return [...(has("PATH") ? [] : [`PATH=${usualPath}`]), ...env, ...(has("HOME") ? [] : [`HOME=${user.home}`])];
}
