import { parsePlatform } from "@strake/oci/document";
import type { Command } from "commander";
import { parseBuildArgs } from "./option/key-value.ts";
import { listOption } from "./option/list-option.ts";
import { optional, type Values, type Variables } from "./option/values.ts";
import type { Actions, LockRequest } from "./request.ts";

/** Adds the commands that work with the lockfile. */
export function addLockCommands(program: Command, actions: Actions, variables: Variables): void {
  lockCommand(program, "update", "look the names of base images up anew, pin them, and show what changes")
    .option(
      "--packages",
      "show what changes among the packages of dpkg, apk and rpm too, which takes the layers",
      false,
    )
    .option("--dry-run", "write nothing", false)
    .action(async (names: string[], options: Values) => {
      await actions.update({
        ...lockRequest(names, options, variables),
        packages: options.packages === true,
        dryRun: options.dryRun === true,
      });
    });
  lockCommand(program, "outdated", "list the names of base images that stand for something newer; fails if some do")
    .option("--json", "print all names as JSON", false)
    .action(async (names: string[], options: Values) => {
      await actions.outdated({ ...lockRequest(names, options, variables), json: options.json === true });
    });
}

function lockCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("[name...]", "names of images, as debian:12, or debian for every tag; without any, all of them")
    .option("-f, --file <file>", "the build file, or a Dockerfile")
    .option("--target <stage>", "the stage of a Dockerfile whose names count; the last where absent")
    .addOption(listOption("--build-arg <name=value>", "set a build argument, where names are made of some"))
    .addOption(listOption("--platform <platform>", "for this platform too, besides those that the images say"));
}

function lockRequest(names: readonly string[], options: Values, variables: Variables): LockRequest {
  return {
    names,
    ...optional("file", options.file),
    ...optional("stage", options.target),
    buildArgs: parseBuildArgs(options.buildArg as string[], variables),
    platforms: (options.platform as string[]).flatMap((each) => each.split(",")).map((each) => parsePlatform(each)),
  };
}
