import type { CallSite } from "../graph/call-site.ts";
import type { Command, ContainerCommand } from "../graph/definition.ts";
import { notText } from "../output/not-text.ts";
import { type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import { aString, checkOptions } from "./check-options.ts";
import { checkNotEmpty, checkSome } from "./text-values.ts";

/** A command that is neither one shell line nor one list of arguments; made by `commands()` and `script()`. */
export interface Script {
  readonly isStrakeCommand: true;
  readonly command: Command;
}

/** What `run` takes: a line for the shell, the arguments of a program, or what `commands()` and `script()` make. */
export type RunCommand = Text | readonly Text[] | Script;

/** Several shell commands as one step, of which each must succeed: they are joined by `&&`. */
export function commands(...lines: readonly Text[]): Script {
  checkSome("commands", "a command", lines);
  for (const line of lines) checkNotEmpty("commands", "commands", line);
  return Object.freeze({
    isStrakeCommand: true,
    command: Object.freeze({ form: "commands", commands: Object.freeze(lines.map(toTextValue)) }),
  });
}

/**
 * A script of several lines as one step.
 *
 * The shell reads it with `set -e`, so it stops at the first failure; with `interpreter`, that program reads it, as
 * the file `/dev/pipes/NAME`.
 */
export function script(text: string, options: { readonly interpreter?: string; readonly name?: string } = {}): Script {
  if (typeof text !== "string") throw notText(text);
  const checked = checkOptions<typeof options>("script", options, { interpreter: aString, name: aString });
  return Object.freeze({
    isStrakeCommand: true,
    command: Object.freeze({ form: "script", text: dedent(text), ...checked }),
  });
}

/**
 * What a node keeps of the argument of `run`.
 *
 * @throws StrakeError `missing-command` for a list without a program, and for a line that says nothing
 */
export function toCommand(command: RunCommand, site: CallSite): Command {
  if (Array.isArray(command) && command.length === 0) {
    throw new StrakeError({ code: "missing-command", message: "run() needs a program, and the list has none", site });
  }
  if (command === undefined || (typeof command === "string" && command.trim() === "")) {
    throw new StrakeError({ code: "missing-command", message: "run() needs a command", site });
  }
  if (typeof command === "object" && command !== null && "isStrakeCommand" in command) return command.command;
  return toContainerCommand(command);
}

/** What a node keeps of the argument of `cmd`, `entrypoint` and `healthcheck`: a string is for the shell. */
export function toContainerCommand(command: Text | readonly Text[]): ContainerCommand {
  if (Array.isArray(command)) return { form: "exec", args: Object.freeze(command.map(toTextValue)) };
  return { form: "shell", text: toTextValue(command as Text) };
}

/** Takes away the indentation that all lines share, so that a script can be indented with the code around it. */
function dedent(text: string): string {
  const lines = text
    .replace(/^[ \t]*\n/, "")
    .replace(/\n[ \t]*$/, "\n")
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const shared = indents.length === 0 ? 0 : Math.min(...indents);
  const dedented = lines.map((line) => line.slice(Math.min(shared, line.length - line.trimStart().length))).join("\n");
  return dedented.endsWith("\n") ? dedented : `${dedented}\n`;
}
