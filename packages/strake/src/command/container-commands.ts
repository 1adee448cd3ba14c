import { type Command, Option } from "commander";
import { addLimitOptions, isolations, parseHost, parseNumber, readLimits } from "./option/command-options.ts";
import { parseContainerFilter } from "./option/container-filter.ts";
import { listOption } from "./option/list-option.ts";
import { parseMemoryFolder } from "./option/memory-folder.ts";
import { checkPublishedPort } from "./option/published-port.ts";
import { parseSourceDateEpoch } from "./option/source-date-epoch.ts";
import { optional, type Values, type Variables } from "./option/values.ts";
import type { Actions, RunRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** Adds the commands that work with containers. */
export function addContainerCommands(program: Command, actions: Actions, variables: Variables): void {
  addRun(program, actions);
  addCommit(program, actions, variables);
  addPs(program, actions);
  addRm(program, actions);
  program
    .command("doctor")
    .description("tell what this machine can do, what is missing, and how to get it")
    .option("--json", "print JSON", false)
    .action(async (options: Values) => actions.doctor({ json: options.json === true }));
}

function addRun(program: Command, actions: Actions): void {
  addLimitOptions(program.command("run"))
    .description("start a container from an image, and wait for its command to end")
    .argument("<image>", "a name or an id")
    .argument("[command...]", "what to run; without it, what the image says")
    // What comes after the image is the command's.
    .passThroughOptions()
    .option("-i, --interactive", "let the command read standard input", false)
    .option("-t, --tty", "give the command the terminal", false)
    .option("--rm", "remove the container when its command has ended", false)
    .option("--name <name>", "name the container")
    .option("--cidfile <file>", "write the container's id to a file that is not there yet")
    .helpOption("--help", "print help")
    .option("-h, --hostname <name>", "what the machine is called in it")
    .addOption(listOption("--env-file <file>", "set the variables of a file: NAME=value, or NAME, a line"))
    .addOption(listOption("-e, --env <name=value>", "set a variable; without a value, that of the environment"))
    .addOption(
      listOption("-v, --volume <source:target>", "show a folder or file of this machine; with :ro, to be read"),
    )
    .addOption(listOption("--tmpfs <target>", "a folder in memory; with :size=64m, of that size at most"))
    .addOption(listOption("-p, --publish <port>", "a port, which is the machine's anyway"))
    .addOption(new Option("-d, --detach").hideHelp())
    .option("-w, --workdir <folder>", "where the command starts")
    .option("-u, --user <user>", "who runs the command: user or user:group, by name or number")
    .option("--entrypoint <program>", "run this program instead of the image's")
    .addOption(
      new Option("--network <mode>", "the machine's network, or none").choices(["host", "none"]).default("host"),
    )
    .addOption(listOption("--add-host <host:address>", "a line of /etc/hosts"))
    .option("--privileged", "run the command without the sandbox's limits", false)
    .addOption(new Option("--isolation <sandbox>", "what the command runs in").choices(isolations))
    .action(async (image: string, command: string[], options: Values) => {
      const isolation = options.isolation as RunRequest["isolation"];
      for (const port of options.publish as string[]) checkPublishedPort(port);
      if (options.detach === true) {
        throw usageError(
          "-d: there is no daemon that would keep the container",
          "Leave that to your shell: strake run … &",
        );
      }
      await actions.run({
        image,
        command,
        interactive: options.interactive === true,
        terminal: options.tty === true,
        remove: options.rm === true,
        ...optional("name", options.name),
        ...optional("idFile", options.cidfile),
        ...optional("hostname", options.hostname),
        envFiles: options.envFile as string[],
        env: options.env as string[],
        memoryFolders: (options.tmpfs as string[]).map(parseMemoryFolder),
        volumes: options.volume as string[],
        ...optional("workdir", options.workdir),
        ...optional("user", options.user),
        ...optional("entrypoint", options.entrypoint),
        network: options.network as RunRequest["network"],
        hosts: (options.addHost as string[]).map(parseHost),
        privileged: options.privileged === true,
        limits: readLimits(options),
        ...(isolation === undefined ? {} : { isolation }),
      });
    });
}

function addCommit(program: Command, actions: Actions, variables: Variables): void {
  program
    .command("commit")
    .description("make an image of what a container's command changed")
    .argument("<container>", "a name or an id")
    .argument("[name]", "the image's name, as name:tag")
    .addOption(listOption("-c, --change <instruction>", "set something of the config, as in a Dockerfile"))
    .option("-a, --author <author>", "who made it")
    .option("-m, --message <message>", "the comment in the image's history")
    .action(async (container: string, reference: string | undefined, options: Values) => {
      await actions.commit({
        container,
        ...optional("reference", reference),
        changes: options.change as string[],
        ...optional("author", options.author),
        ...optional("message", options.message),
        epoch: parseSourceDateEpoch(variables.SOURCE_DATE_EPOCH),
      });
    });
}

function addPs(program: Command, actions: Actions): void {
  program
    .command("ps")
    .description("list containers")
    .option("-a, --all", "those too whose command has ended", false)
    .option("-q, --quiet", "print ids only", false)
    .option("-l, --latest", "the newest only, whether its command has ended or not", false)
    .option("-n, --last <number>", "as many of the newest, whether their commands have ended or not")
    .addOption(
      listOption("-f, --filter <filter>", "name=TEXT, id=ID, status=running|exited|dead, exited=CODE, ancestor=IMAGE"),
    )
    .option("--no-trunc", "do not shorten")
    .option("--format <format>", "table, json, or a Go template such as {{.Names}}")
    .action(async (options: Values) => {
      const last = options.latest === true ? "1" : (options.last as string | undefined);
      await actions.ps({
        all: options.all === true,
        ...(last === undefined ? {} : { last: parseNumber("--last", last, 1) }),
        filters: (options.filter as string[]).map(parseContainerFilter),
        quiet: options.quiet === true,
        truncate: options.trunc !== false,
        ...optional("format", options.format),
      });
    });
}

function addRm(program: Command, actions: Actions): void {
  program
    .command("rm")
    .description("remove containers")
    .argument("<container...>", "names or ids")
    .option("-f, --force", "those too whose command is running", false)
    .action(async (containers: string[], options: Values) => {
      await actions.rm({ containers, force: options.force === true });
    });
}
