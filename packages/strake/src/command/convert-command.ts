import type { Command } from "commander";
import { optional, type Values } from "./option/values.ts";
import type { Actions } from "./request.ts";

/** Adds the command that writes a Dockerfile as a build file. */
export function addConvertCommand(program: Command, actions: Actions): void {
  program
    .command("convert")
    .description("write a Dockerfile as a build file that makes the same image")
    .argument("[file]", "the Dockerfile, a folder that has one, or - for standard input", "Dockerfile")
    .option("-o, --output <file>", "where to write; - for standard output. Without it, build.ts beside the Dockerfile")
    .option("--force", "write over a file that is there", false)
    .action(async (file: string, options: Values) => {
      await actions.convert({ file, ...optional("output", options.output), force: options.force === true });
    });
}
