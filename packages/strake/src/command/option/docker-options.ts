import { type Command, Option } from "commander";
import { usageError } from "../usage-error.ts";

/** What scripts say to `docker build` that is so here anyway. */
const granted: readonly string[] = ["--rm", "--force-rm", "--compress", "--disable-content-trust", "-D, --debug"];

/** What a BuildKit leaves out as well; a note says what is there instead. */
const leftOut: Readonly<Record<string, string>> = {
  "--memory-swap <size>": "--memory limits commands",
  "-c, --cpu-shares <weight>": "--cpus limits commands",
  "--cpu-period <time>": "--cpus limits commands",
  "--cpu-quota <time>": "--cpus limits commands",
  "--cpuset-cpus <list>": "--cpus limits commands",
  "--cpuset-mems <list>": "commands may use all of the memory's nodes",
  "--security-opt <option>": "RUN --security=insecure and --allow security.insecure switch the protection off",
  "--squash": "copy the files of one stage into another to make one layer of them",
};

/** What would make something else than asked for if it were left out. */
const refused: Readonly<Record<string, string>> = {
  "--cgroup-parent <group>": "commands run in a control group of their own; --memory and --cpus limit them",
  "--attest <attestation>": "attestations are not made; a BuildKit daemon makes them",
  "--provenance <mode>": "attestations are not made; say --provenance=false",
  "--sbom <mode>": "attestations are not made; say --sbom=false",
};

/**
 * Lets a command take what scripts for `docker build` say besides: it is there without it, it is left out as BuildKit
 * does and a line says so, or it is refused with the reason.
 */
export function addDockerOptions(command: Command): Command {
  for (const flags of [...granted, ...Object.keys(leftOut), ...Object.keys(refused)]) {
    command.addOption(new Option(flags).hideHelp());
  }
  return command.hook("preAction", (called) => {
    const values: Readonly<Record<string, unknown>> = called.opts();
    const said = (flags: string) => values[new Option(flags).attributeName()];
    for (const [flags, why] of Object.entries(refused)) {
      const value = said(flags);
      if (value !== undefined && !/^(?:0|f|false)$/i.test(String(value))) throw usageError(`${nameOf(flags)}: ${why}`);
    }
    for (const [flags, instead] of Object.entries(leftOut)) {
      if (said(flags) === undefined) continue;
      called.configureOutput().writeErr?.(`strake: ${nameOf(flags)} has no effect, as with BuildKit: ${instead}\n`);
    }
  });
}

function nameOf(option: string): string {
  return /--[a-z-]+/.exec(option)?.[0] ?? option;
}
