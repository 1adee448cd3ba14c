import type { Command, Option } from "commander";

/**
 * Gives arguments in which `--pull=true` is `--pull` and `--pull=false` is not there, as docker takes its flags.
 *
 * Where a flag has an opposite, as `--frozen-lockfile` has, `=false` is that. What stands behind `--`, or is a command
 * to run, stays as it is.
 */
export function plainFlags(program: Command, args: readonly string[]): readonly string[] {
  const plain: string[] = [];
  let command = program;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--" || (!arg.startsWith("-") && passesThrough(command))) return [...plain, ...args.slice(at)];
    const option = optionOf(command, arg.split("=", 1)[0] as string);
    if (option === undefined) {
      command = command.commands.find((known) => known.name() === arg) ?? command;
      plain.push(arg);
    } else if (!option.required && !option.optional) {
      plain.push(...plainFlag(option, arg, command));
    } else {
      plain.push(arg);
      if (option.required && !arg.includes("=") && at + 1 < args.length) plain.push(args[++at] as string);
    }
  }
  return plain;
}

function plainFlag(option: Option, arg: string, command: Command): readonly string[] {
  const [, name, value] = /^([^=]+)=(1|t|true|0|f|false)$/i.exec(arg) ?? [];
  if (name === undefined || value === undefined) return [arg];
  if (/^[1t]/i.test(value)) return [name];
  const opposite = option.negate ? option.long?.replace(/^--no-/, "--") : option.long?.replace(/^--/, "--no-");
  return opposite !== undefined && optionOf(command, opposite) !== undefined ? [opposite] : [];
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ short, long }) => name === short || name === long);
}

/** Whether what follows the first argument that is no option belongs to somebody else. */
function passesThrough(command: Command): boolean {
  return (command as { readonly _passThroughOptions?: boolean })._passThroughOptions === true;
}
