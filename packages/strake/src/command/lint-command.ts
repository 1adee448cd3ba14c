import { type Command, Option } from "commander";
import { listOption } from "./option/list-option.ts";
import type { Values } from "./option/values.ts";
import type { Actions, LintRequest } from "./request.ts";

// As @strake/dockerfile's, which is loaded only when it is needed.
const formats: readonly LintRequest["format"][] = ["text", "json", "sarif", "github"];

/** Adds the command that checks Dockerfiles. */
export function addLintCommand(program: Command, actions: Actions): void {
  program
    .command("lint")
    .description("check Dockerfiles: BuildKit's checks, and more")
    .argument("[file...]", "Dockerfiles; that of the working folder where absent")
    .addOption(listOption("-f, --file <file>", "a Dockerfile"))
    .addOption(new Option("--format <format>", "how findings are printed").choices(formats).default("text"))
    .option("--fix", "mend in the files what can be mended without changing what is built", false)
    .option("--strict", "fail for warnings too", false)
    .action(async (files: string[], options: Values) => {
      await actions.lint({
        files: [...(options.file as string[]), ...files],
        format: options.format as LintRequest["format"],
        fix: options.fix === true,
        strict: options.strict === true,
      });
    });
}
