import { parsePlatform } from "@strake/oci/document";
import { type Command, Option } from "commander";
import { type ProgressMode, progressModes } from "../screen/progress.ts";
import { optional, type Values } from "./option/values.ts";
import type { Actions } from "./request.ts";

const progressOption = () =>
  new Option("--progress <mode>", "how progress is shown").choices(progressModes).default("auto");

const progressOf = ({ quiet, progress }: Values): ProgressMode =>
  quiet === true ? "quiet" : (progress as ProgressMode);

/** Adds the commands that talk to registries. */
export function addRegistryCommands(program: Command, actions: Actions): void {
  program
    .command("push")
    .description("push images of the local store, and only what the registry lacks")
    .argument("<name...>", "names of images, as registry/repository:tag")
    .option("-a, --all-tags", "all tags of the repository", false)
    .addOption(progressOption())
    .option("-q, --quiet", "print names only", false)
    .action(async (names: string[], options: Values) => {
      await actions.push({ names, allTags: options.allTags === true, progress: progressOf(options) });
    });
  program
    .command("pull")
    .description("take images from registries into the local store")
    .argument("<name...>", "names of images")
    .option("-a, --all-tags", "all tags of the repository", false)
    .option("--platform <platform>", "which image of an index, such as linux/arm64")
    .addOption(progressOption())
    .option("-q, --quiet", "print names only", false)
    .action(async (names: string[], options: Values) => {
      const { platform } = options;
      await actions.pull({
        names,
        allTags: options.allTags === true,
        progress: progressOf(options),
        ...(typeof platform === "string" ? { platform: parsePlatform(platform) } : {}),
      });
    });
  program
    .command("copy")
    .description("copy an image from registry to registry, with all its platforms; nothing is stored here")
    .argument("<source>", "a name, oci:FOLDER[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME]")
    .argument("<destination>", "the same")
    .option("--platform <platform>", "one image of an index only, such as linux/arm64")
    .addOption(progressOption())
    .option("-q, --quiet", "print the destination only", false)
    .action(async (source: string, destination: string, options: Values) => {
      const { platform } = options;
      await actions.copy({
        source,
        destination,
        progress: progressOf(options),
        ...(typeof platform === "string" ? { platform: parsePlatform(platform) } : {}),
      });
    });
  program
    .command("login")
    .description("log in to a registry; the login is kept where Docker keeps it")
    .argument("[server]", "the registry; Docker Hub where absent")
    .option("-u, --username <name>", "the name")
    .option("-p, --password <password>", "the password; --password-stdin keeps it out of the process list")
    .option("--password-stdin", "read the password from standard input", false)
    .action(async (server: string | undefined, options: Values) => {
      await actions.login({
        ...optional("server", server),
        ...optional("username", options.username),
        ...optional("password", options.password),
        passwordFromInput: options.passwordStdin === true,
      });
    });
  program
    .command("logout")
    .description("forget the login for a registry")
    .argument("[server]", "the registry; Docker Hub where absent")
    .action(async (server: string | undefined) => actions.logout(optional("server", server)));
}
