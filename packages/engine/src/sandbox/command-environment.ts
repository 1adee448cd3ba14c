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

/** The environment of a command for a sandbox that is a script. */
export interface ShellEnvironment {
  /** The lines that set it. */
  readonly lines: readonly string[];
  /** The program that sets what no shell can, for the beginning of the last line. */
  readonly program: readonly string[];
}

/**
 * Sets the environment of a command by a script.
 *
 * The programs that come after are still the machine's: where the command's own `PATH` leads is for inside. A variable
 * whose name is none for a shell can only be passed by env(1), where other users may see it for an instant.
 */
export function shellEnvironment(job: SandboxJob): ShellEnvironment {
  const all = commandEnvironment(job).map((each) => {
    const at = each.indexOf("=");
    return { name: each.slice(0, at), value: each.slice(at + 1) };
  });
  const isShells = ({ name }: { readonly name: string }) => /^[A-Za-z_]\w*$/.test(name);
  const others = all.filter((each) => !isShells(each)).map(({ name, value }) => `${name}=${value}`);
  return {
    lines: all.filter(isShells).map(({ name, value }) => `export ${name}=${quote(value)}`),
    program: others.length === 0 ? [] : [findProgram("env")?.path ?? "env", "--", ...others],
  };
}
