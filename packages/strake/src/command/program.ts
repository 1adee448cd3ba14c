import { parsePlatform } from "@strake/oci/document";
import { Command, Option } from "commander";
import { parseOutputOption } from "../compose/output-option.ts";
import { type BuildProgressMode, buildProgressModes } from "../screen/progress.ts";
import { version } from "../version.ts";
import { addContainerCommands } from "./container-commands.ts";
import { addConvertCommand } from "./convert-command.ts";
import { addDockerCommands } from "./docker-commands.ts";
import { addLintCommand } from "./lint-command.ts";
import { addLockCommands } from "./lock-commands.ts";
import { addAttestationOptions, readAttestations } from "./option/attestations.ts";
import { parseCallOption } from "./option/call-option.ts";
import { addCommandOptions, readCommandOptions } from "./option/command-options.ts";
import { dockerBuildOptions } from "./option/docker-build-options.ts";
import { addDockerOptions } from "./option/docker-options.ts";
import { parseImageFilter } from "./option/image-filter.ts";
import { inCi } from "./option/in-ci.ts";
import { parseAnnotations, parseBuildArgs, parseKeyValues } from "./option/key-value.ts";
import { listOption } from "./option/list-option.ts";
import { optionDescription } from "./option/option-description.ts";
import { parseSourceDateEpoch } from "./option/source-date-epoch.ts";
import { optional, optionalList, type Values, type Variables } from "./option/values.ts";
import { addRegistryCommands } from "./registry-commands.ts";
import { type Actions, type DefinitionRequest, graphFormats, renderings } from "./request.ts";
import { addStoreCommands } from "./store-commands.ts";
import { usageError } from "./usage-error.ts";

/**
 * Makes the command line: its commands, their options and help. What is asked for is handed to the actions.
 *
 * The words are docker's and buildx's wherever they have one. Parsing throws a `CommanderError` for mistakes, and also
 * after it has printed help.
 *
 * @param asked the first argument, where it is known: whoever asks for a build gets a command line of that alone
 */
export function makeProgram(actions: Actions, variables: Variables, asked?: string): Command {
  const program = new Command("strake")
    .description("Makes container images from TypeScript values.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureHelp({ optionDescription })
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    // Mistakes are thrown, and shown where all errors are.
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addBuild(program, actions, variables);
  // Building is what people wait for again and again, and to make all the others takes longer than this one.
  if (asked === "build") return program;
  addPlan(program, actions, variables);
  addPrint(program, actions, variables);
  addGraph(program, actions, variables);
  addLockCommands(program, actions, variables);
  addConvertCommand(program, actions);
  addLintCommand(program, actions);
  addImages(program, actions);
  addHistory(program, actions);
  addInspect(program, actions);
  addImport(program, actions, variables);
  addContainerCommands(program, actions, variables);
  addStoreCommands(program, actions);
  addRegistryCommands(program, actions);
  addDockerCommands(program);
  addHelp(program);
  return program;
}

/** Commander's own command for this counts as a mistake wherever the process has an exit status already. */
function addHelp(program: Command): void {
  program
    .command("help")
    .description("print help for a command")
    .argument("[command...]", "the command; without one, all commands are listed")
    .action((words: string[]) => {
      let found = program;
      for (const word of words) {
        const next = found.commands.find((command) => command.name() === word || command.aliases().includes(word));
        if (next === undefined)
          throw usageError(`unknown command '${words.join(" ")}'`, "strake --help lists the commands.");
        found = next;
      }
      found.outputHelp();
    });
}

function addBuild(program: Command, actions: Actions, variables: Variables): void {
  const command = definitionCommand(program, "build", "build images of the nearest build file");
  addAttestationOptions(addDockerOptions(addCommandOptions(command), dockerBuildOptions))
    .addOption(listOption("-t, --tag <name>", "name the image, as name:tag"))
    .addOption(
      listOption("-o, --output <output>", "type=docker|oci|local|tar,dest=PATH, a folder, or type=image|registry"),
    )
    .option("--load", "load the images into the Docker daemon", false)
    .addOption(
      listOption(
        "--builder <builder>",
        "who builds: engine, auto, docker, fleet, a name of the settings, or the address of a BuildKit; several share the images",
      ),
    )
    .addOption(
      listOption(
        "--cache-from <cache>",
        "where results of commands are looked for: type=registry,ref=…, type=local,src=…; a BuildKit has more types",
      ),
    )
    .addOption(
      listOption(
        "--cache-to <cache>",
        "where results of commands are kept for other machines: type=registry,ref=…, type=local,dest=…; with mode=max those of all stages",
      ),
    )
    .option("--push", "push the images to the registries that their names say", false)
    .option(
      "--tag-by-content",
      "a tag more, from what the image is made of; --push does nothing where it is there",
      false,
    )
    .option("--no-cache", "do every step although its result is there")
    .addOption(
      new Option("--progress <mode>", "how progress is shown").choices([...buildProgressModes, "tty"]).default("auto"),
    )
    .option("-q, --quiet", "show no progress, print the image ids only", false)
    .addOption(
      new Option("--call <method>", "build, check, outline or targets; the last two with ,format=json").default(
        "build",
      ),
    )
    .option("--check", "the same as --call check: print what BuildKit's checks find, and build nothing", false)
    .option("--iidfile <file>", "write the image id to a file")
    .option("--metadata-file <file>", "write what was built to a file, as JSON")
    .action(async (targets: string[], options: Values) => {
      const call = parseCallOption(options.check === true ? "check" : (options.call as string));
      if (call.method === "check") return actions.check(definitionRequest(targets, options, variables));
      if (call.method !== "build") return actions.call(definitionRequest(targets, options, variables), call);
      await actions.build({
        ...definitionRequest(targets, options, variables),
        tags: options.tag as string[],
        outputs: (options.output as string[]).map(parseOutputOption),
        load: options.load === true,
        push: options.push === true,
        tagByContent: options.tagByContent === true,
        builders: options.builder as string[],
        cacheFrom: options.cacheFrom as string[],
        cacheTo: options.cacheTo as string[],
        attestations: readAttestations(options),
        noCache: options.cache === false,
        commands: readCommandOptions(options, variables),
        progress: options.quiet === true ? "quiet" : progressOf(options.progress),
        ...optional("imageIdFile", options.iidfile),
        ...optional("metadataFile", options.metadataFile),
      });
    });
}

/** What docker calls tty is the form for terminals, which is only taken where there is one. */
function progressOf(mode: unknown): BuildProgressMode {
  return mode === "tty" ? "auto" : (mode as BuildProgressMode);
}

function addPlan(program: Command, actions: Actions, variables: Variables): void {
  addCommandOptions(
    definitionCommand(program, "plan", "tell what a build would do, and why; nothing is built or written"),
  )
    .option("--json", "print JSON", false)
    .option("--digests", "compress the layers to tell their digests and the manifest's", false)
    .option("--no-cache", "plan to do every step although its result is there")
    .action(async (targets: string[], options: Values) => {
      await actions.plan({
        ...definitionRequest(targets, options, variables),
        json: options.json === true,
        digests: options.digests === true,
        noCache: options.cache === false,
        commands: readCommandOptions(options, variables),
      });
    });
}

function addPrint(program: Command, actions: Actions, variables: Variables): void {
  definitionCommand(program, "print", "print images in another form")
    .addOption(new Option("--to <form>", "the form").choices(renderings).makeOptionMandatory())
    .option("-o, --output <path>", "write into a folder; for compose, into a file, which is brought up to date")
    .option("--dest <folder>", "the same as --output")
    .action(async (targets: string[], options: Values) => {
      await actions.print({
        ...definitionRequest(targets, options, variables),
        to: options.to as (typeof renderings)[number],
        ...optional("destination", options.output ?? options.dest),
      });
    });
}

function addGraph(program: Command, actions: Actions, variables: Variables): void {
  definitionCommand(program, "graph", "print the graph of the steps")
    .addOption(new Option("--format <format>", "the notation").choices(graphFormats).default("mermaid"))
    .action(async (targets: string[], options: Values) => {
      const format = options.format as (typeof graphFormats)[number];
      await actions.graph({ ...definitionRequest(targets, options, variables), format });
    });
}

function addImages(program: Command, actions: Actions): void {
  program
    .command("images")
    .description("list the images of the local store")
    .argument("[name]", "only images of this repository, or of this name and tag")
    .option("-a, --all", "for docker's sake: nothing is hidden", false)
    .addOption(
      listOption("-f, --filter <filter>", "reference=PATTERN, label=NAME[=VALUE], before=, since= or dangling="),
    )
    .option("-q, --quiet", "print image ids only", false)
    .option("--digests", "show digests", false)
    .option("--no-trunc", "do not shorten ids")
    .option("--format <format>", "table, json, or a Go template such as {{.Repository}}")
    .action(async (name: string | undefined, options: Values) => {
      await actions.images({
        ...optional("name", name),
        ...optionalList("filters", (options.filter as string[]).map(parseImageFilter)),
        quiet: options.quiet === true,
        digests: options.digests === true,
        truncate: options.trunc !== false,
        ...optional("format", options.format),
      });
    });
}

function addHistory(program: Command, actions: Actions): void {
  program
    .command("history")
    .description("show how an image came to be")
    .argument("<image>", "a name or an id")
    .option("-q, --quiet", "print image ids only", false)
    .option("-H, --human", "print sizes and times as people read them, which is usual", true)
    .option("--no-human", "print sizes in bytes and times as dates")
    .option("--no-trunc", "do not shorten")
    .option("--format <format>", "table, json, or a Go template such as {{.CreatedBy}}")
    .action(async (image: string, options: Values) => {
      await actions.history({
        image,
        quiet: options.quiet === true,
        human: options.human !== false,
        truncate: options.trunc !== false,
        ...optional("format", options.format),
      });
    });
}

function addInspect(program: Command, actions: Actions): void {
  program
    .command("inspect")
    .description("print all that is known of images, as JSON")
    .argument("<image...>", "names or ids")
    .option("-f, --format <template>", "a Go template such as {{.Id}} or {{json .Config}}, or json")
    .addOption(new Option("--type <type>", "for docker's sake: there are images here").choices(["image"]))
    .action(async (images: string[], options: Values) => {
      await actions.inspect({ images, ...optional("format", options.format) });
    });
}

function addImport(program: Command, actions: Actions, variables: Variables): void {
  program
    .command("import")
    .description("make an image from a tar of a root file system")
    .argument("<file>", "the tar, which may be compressed; - for standard input")
    .argument("[name]", "the image's name, as name:tag")
    .addOption(listOption("-c, --change <instruction>", "set something of the config, as in a Dockerfile"))
    .option("-m, --message <message>", "the comment in the image's history")
    .option("--platform <platform>", "what the image is for, such as linux/arm64")
    .action(async (file: string, reference: string | undefined, options: Values) => {
      const platform = options.platform;
      await actions.import({
        file,
        ...optional("reference", reference),
        changes: options.change as string[],
        ...optional("message", options.message),
        ...(typeof platform === "string" ? { platform: parsePlatform(platform) } : {}),
        epoch: parseSourceDateEpoch(variables.SOURCE_DATE_EPOCH),
      });
    });
}

/** A command that reads a build file. */
function definitionCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("[target...]", "exported images; without any, all of them. For a Dockerfile: the folder to build it in")
    .option("-f, --file <file>", "the build file, or a Dockerfile; - reads one from standard input")
    .addOption(
      listOption(
        "--build-context <name=place>",
        "another context of a Dockerfile: a folder, docker-image://…, docker-daemon://…, oci-layout://… or target:STAGE",
      ),
    )
    .addOption(listOption("--target <name>", "build this image, or this stage of a Dockerfile"))
    .addOption(listOption("--build-arg <name=value>", "set a build argument; without a value, that of the environment"))
    .addOption(listOption("--platform <platform>", "what the images are for, such as linux/arm64"))
    .addOption(listOption("--label <name=value>", "add a label"))
    .addOption(listOption("--annotation <name=value>", "add an annotation of the manifest"))
    .option("--pull", "look up images anew", false)
    .option("--frozen-lockfile", "fail where the lockfile would have to change; usual where CI is set")
    .option("--no-frozen-lockfile", "let the build change the lockfile in CI too");
}

function definitionRequest(targets: readonly string[], options: Values, variables: Variables): DefinitionRequest {
  const texts = (name: string) => options[name] as readonly string[];
  const buildArgs = parseBuildArgs(texts("buildArg"), variables);
  // As docker has it, the argument counts before the environment.
  const epoch = buildArgs.get("SOURCE_DATE_EPOCH") || variables.SOURCE_DATE_EPOCH;
  return {
    targets: [...targets, ...texts("target")],
    places: targets,
    stages: texts("target"),
    contexts: new Map(Object.entries(parseKeyValues("--build-context", texts("buildContext")))),
    ...optional("file", options.file),
    buildArgs,
    platforms: texts("platform")
      .flatMap((each) => each.split(","))
      .map((each) => parsePlatform(each)),
    labels: parseKeyValues("--label", texts("label")),
    annotations: parseAnnotations(texts("annotation")),
    pull: options.pull === true,
    ...frozenLockfile(options.frozenLockfile, variables),
    epoch: parseSourceDateEpoch(epoch),
  };
}

function frozenLockfile(
  asked: unknown,
  variables: Variables,
): Pick<DefinitionRequest, "frozenLockfile" | "frozenByCi"> {
  if (typeof asked === "boolean") return { frozenLockfile: asked };
  return inCi(variables) ? { frozenLockfile: true, frozenByCi: true } : { frozenLockfile: false };
}
