import { findProgram } from "./find-program.ts";
import type { SandboxJob } from "./sandbox.ts";
import { quote } from "./shell-words.ts";

/** Where programs are looked for in an image that does not say. */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a command: what it was given, and `PATH` and `HOME` where that does not say. */
export function commandEnvironment({ env, user }: SandboxJob): readonly string[] {
  const has = (name: string) => env.some((each) => each.startsWith(`${name}=`));
  return [...(has("PATH") ? [] : [`PATH=${usualPath}`]), ...env, ...(has("HOME") ? [] : [`HOME=${user.home}`])];
}

/** The program that gives the command its limits (prlimit(1)), for sandboxes that do not see to it themselves. */
export function limitingProgram({ limits }: SandboxJob): readonly string[] {
  const value = (limit: number) => (limit < 0 ? "unlimited" : String(limit));
  const options = (limits.ulimits ?? []).map(({ name, soft, hard }) => `--${name}=${value(soft)}:${value(hard)}`);
  return options.length === 0 ? [] : [findProgram("prlimit")?.path ?? "prlimit", ...options];
}

/**
 * The lines of a script that set the environment, for sandboxes that pass on their own.
 *
 * Names that a shell cannot have are left out. The programs that come after are still the machine's: where the command's
 * own `PATH` leads is for inside.
 */
export function exportEnvironment(job: SandboxJob): readonly string[] {
  return commandEnvironment(job).flatMap((each) => {
    const at = each.indexOf("=");
    const name = each.slice(0, at);
    return /^[A-Za-z_]\w*$/.test(name) ? [`export ${name}=${quote(each.slice(at + 1))}`] : [];
  });
}
