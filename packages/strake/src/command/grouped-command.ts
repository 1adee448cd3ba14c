import type { Command } from "commander";
import { plainFlags } from "./option/plain-flags.ts";
import { usageError } from "./usage-error.ts";

/** A word behind which docker has its commands for one kind of thing once more. */
export interface CommandGroup {
  readonly name: string;
  /** For the help. */
  readonly description: string;
  /** What docker calls commands behind the word, and what they are called here. */
  readonly commands: Readonly<Record<string, string>>;
}

/** Adds a word behind which commands are called as docker calls them. */
export function addGroupedCommand(program: Command, { name, description, commands }: CommandGroup): void {
  program
    .command(name, { hidden: true })
    .description(description)
    .argument("[command]", Object.keys(commands).join(", "))
    .argument("[argument...]", "as for that command")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (word: string | undefined, rest: string[]) => {
      const meant = word === undefined || !Object.hasOwn(commands, word) ? undefined : commands[word];
      if (meant === undefined) {
        const what = word === undefined ? `a command is missing behind ${name}` : `unknown command '${name} ${word}'`;
        throw usageError(what, `There are ${Object.keys(commands).join(", ")}.`);
      }
      await program.parseAsync([...plainFlags(program, [meant, ...rest])], { from: "user" });
    });
}
