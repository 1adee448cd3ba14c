import { type Command, Option } from "commander";
import { addImageCommand } from "./image-command.ts";
import { parseBytes } from "./option/bytes.ts";
import { listOption } from "./option/list-option.ts";
import { parseMoment } from "./option/moment.ts";
import { optional, type Values } from "./option/values.ts";
import type { Actions, SaveRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** What has not been used for a week is removed, where nobody says otherwise. */
const usualAge = "168h";

/** Adds the commands that work with the local store. */
export function addStoreCommands(program: Command, actions: Actions): void {
  addImageCommand(program);
  program
    .command("tag")
    .description("give an image one more name")
    .argument("<image>", "a name or an id")
    .argument("<name>", "the new name, as name:tag")
    .action(async (source: string, target: string) => actions.tag({ source, target }));
  program
    .command("rmi")
    .description("remove images from the local store")
    .argument("<image...>", "names or ids")
    .option("-f, --force", "also an image with several names, or one that a container stands on", false)
    .option("--no-prune", "for docker's sake: layers stay until the next prune")
    .action(async (images: string[], options: Values) => actions.rmi({ images, force: options.force === true }));
  program
    .command("save")
    .description("write images to a file or to standard output")
    .argument("<image...>", "names or ids")
    .option("-o, --output <file>", "the file")
    .addOption(new Option("--format <format>", "how it is written").choices(["docker", "oci"]).default("docker"))
    .action(async (images: string[], options: Values) => {
      const format = options.format as SaveRequest["format"];
      await actions.save({ images, format, ...optional("output", options.output) });
    });
  program
    .command("load")
    .description("take the images of a file, or of standard input, into the local store")
    .option("-i, --input <file>", "a docker tar, an OCI tar or an OCI layout")
    .option("-q, --quiet", "for docker's sake: no progress is shown", false)
    .action(async (options: Values) => actions.load(optional("input", options.input)));
  const cache = program.command("cache").description("list, remove and keep the caches of commands").helpCommand(false);
  cache
    .command("ls")
    .description("list them")
    .action(async () => actions.cache({ action: "ls" }));
  cache
    .command("rm")
    .description("remove some")
    .argument("<id...>", "ids or names")
    .action(async (ids: string[]) => actions.cache({ action: "rm", ids }));
  cache
    .command("export")
    .description("write all of them to a file, for another machine or a later job")
    .argument("<file>", "a tar, compressed where its name ends in .gz; - for standard output")
    .action(async (file: string) => actions.cache({ action: "export", file }));
  cache
    .command("import")
    .description("take them from a file; those that are there are replaced")
    .argument("<file>", "what export wrote; - for standard input")
    .action(async (file: string) => actions.cache({ action: "import", file }));
  program
    .command("prune")
    .description("remove from the local store what has not been used for long; images with names stay")
    .option("-a, --all", "cache mounts too, and whatever its age", false)
    .addOption(listOption("--filter <filter>", "until=24h: what has not been used for so long; a week where absent"))
    .option("--keep-storage <size>", "and beyond that, what was used least recently, down to this size")
    .option("--dry-run", "remove nothing, tell only", false)
    .option("-f, --force", "do not ask", false)
    .action(async (options: Values) => {
      const all = options.all === true;
      const { keepStorage } = options;
      await actions.prune({
        unusedFor: parseUntil(options.filter as string[], all ? "0s" : usualAge),
        ...(typeof keepStorage === "string" ? { keepBytes: parseBytes("--keep-storage", keepStorage) } : {}),
        caches: all,
        dryRun: options.dryRun === true,
        force: options.force === true,
      });
    });
}

function parseUntil(filters: readonly string[], usual: string): number {
  let text = usual;
  for (const filter of filters) {
    // Docker's usual way to say it: images with names stay in any case.
    if (/^dangling=(?:true|1|t)$/i.test(filter)) continue;
    const [, value] = /^until=(.+)$/.exec(filter) ?? [];
    if (value === undefined) {
      const why = "expected until=24h, or a time; images with names stay, whatever they are";
      throw usageError(`--filter ${filter}: ${why}`, "strake rmi removes those.");
    }
    text = value;
  }
  const now = Date.now();
  return Math.max(0, now - parseMoment("--filter until", text, now));
}
