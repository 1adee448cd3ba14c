import type { Command } from "commander";
import { plainFlags } from "./option/plain-flags.ts";
import { usageError } from "./usage-error.ts";

/** What docker calls commands when they stand behind `image`. */
const names: Readonly<Record<string, string>> = {
  build: "build",
  history: "history",
  import: "import",
  inspect: "inspect",
  list: "images",
  load: "load",
  ls: "images",
  prune: "prune",
  pull: "pull",
  push: "push",
  remove: "rmi",
  rm: "rmi",
  save: "save",
  tag: "tag",
};

/** Adds `image`, behind which docker has its commands for images once more: `image ls` is `images`. */
export function addImageCommand(program: Command): void {
  program
    .command("image", { hidden: true })
    .description("docker's other way to say it: image ls is images, image rm is rmi, and so on")
    .argument("[command]", Object.keys(names).join(", "))
    .argument("[argument...]", "as for that command")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (command: string | undefined, rest: string[]) => {
      const name = command === undefined || !Object.hasOwn(names, command) ? undefined : names[command];
      if (name === undefined) {
        const what = command === undefined ? "a command is missing behind image" : `unknown command 'image ${command}'`;
        throw usageError(what, `There are ${Object.keys(names).join(", ")}.`);
      }
      await program.parseAsync([...plainFlags(program, [name, ...rest])], { from: "user" });
    });
}
