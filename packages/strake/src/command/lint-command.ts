import { type Command, Option } from "commander";
import { listOption } from "./option/list-option.ts";
import { optional, type Values } from "./option/values.ts";
import type { Actions, LintRequest } from "./request.ts";

// As @strake/dockerfile's, which is loaded only when it is needed.
const formats: readonly LintRequest["format"][] = ["text", "json", "sarif", "github"];

/** Adds the command that checks build files and Dockerfiles. */
export function addLintCommand(program: Command, actions: Actions): void {
  program
    .command("lint")
    .description("check build files and Dockerfiles: BuildKit's checks, and more")
    .argument(
      "[file...]",
      "build files, Dockerfiles, or folders with one, - for a Dockerfile from standard input; without any, what build would take",
    )
    .addOption(listOption("-f, --file <file>", "a build file or a Dockerfile"))
    .addOption(new Option("--format <format>", "how findings are printed").choices(formats).default("text"))
    .option("--context <folder>", "the folder that COPY of a Dockerfile takes files from; its own where absent")
    .option("--fix", "mend what can be mended without changing what is built", false)
    .option("--strict", "fail for warnings too", false)
    .action(async (files: string[], options: Values) => {
      await actions.lint({
        files: [...(options.file as string[]), ...files],
        format: options.format as LintRequest["format"],
        fix: options.fix === true,
        strict: options.strict === true,
        ...optional("context", options.context),
      });
    });
}
