import { type Command, Option } from "commander";
import { usageError } from "../usage-error.ts";

/** Options of a docker command that it does not need here, by what becomes of them; keys are commander's flags. */
export interface DockerOptions {
  /** What is so here anyway. */
  readonly granted: readonly string[];
  /** What is left out; a note says what is there instead. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Who leaves it out as well, for the note: `as with BuildKit`. */
  readonly leftOutBy?: string;
  /** What would make something else than asked for if it were left out, and why it cannot be done. */
  readonly refused: Readonly<Record<string, string>>;
  /** Values with which an option that is refused asks for what is so anyway, by its flags. */
  readonly harmless?: Readonly<Record<string, RegExp>>;
}

/**
 * Lets a command take what scripts for docker say besides: it is there without it, it is left out and a line says so,
 * or it is refused with the reason.
 */
export function addDockerOptions(command: Command, options: DockerOptions): Command {
  const { granted, leftOut, leftOutBy, refused, harmless = {} } = options;
  for (const flags of [...granted, ...Object.keys(leftOut), ...Object.keys(refused)]) {
    command.addOption(new Option(flags).hideHelp());
  }
  return command.hook("preAction", (called) => {
    const values: Readonly<Record<string, unknown>> = called.opts();
    const said = (flags: string) => values[new Option(flags).attributeName()];
    for (const [flags, why] of Object.entries(refused)) {
      const value = said(flags);
      const isHarmless = /^(?:0|f|false)$/i.test(String(value)) || harmless[flags]?.test(String(value));
      if (value !== undefined && !isHarmless) throw usageError(`${nameOf(flags)}: ${why}`);
    }
    for (const [flags, instead] of Object.entries(leftOut)) {
      if (said(flags) === undefined) continue;
      const by = leftOutBy === undefined ? "" : `, ${leftOutBy}`;
      called.configureOutput().writeErr?.(`strake: ${nameOf(flags)} has no effect${by}: ${instead}\n`);
    }
  });
}

function nameOf(option: string): string {
  return /--[a-z\d-]+/.exec(option)?.[0] ?? option;
}
