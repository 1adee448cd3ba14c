import { parsePlatform } from "@strake/oci/document";
import { type Command, Option } from "commander";
import { addLimitOptions, isolations, parseHost, parseNumber, readLimits } from "./option/command-options.ts";
import { parseContainerFilter } from "./option/container-filter.ts";
import { parseMount, parseVolume } from "./option/container-mount.ts";
import { addDockerOptions } from "./option/docker-options.ts";
import { dockerRunOptions } from "./option/docker-run-options.ts";
import { parseKeyValues } from "./option/key-value.ts";
import { listOption } from "./option/list-option.ts";
import { parseMemoryFolder } from "./option/memory-folder.ts";
import { checkPublishedPort } from "./option/published-port.ts";
import { parseSourceDateEpoch } from "./option/source-date-epoch.ts";
import { optional, type Values, type Variables } from "./option/values.ts";
import { type Actions, pullTimes, type RunRequest } from "./request.ts";
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
  addDockerOptions(addLimitOptions(program.command("run")), dockerRunOptions)
    .description("start a container from an image, and wait for its command to end")
    .argument("<image>", "a name or an id")
    .argument("[command...]", "what to run; without it, what the image says")
    // What comes after the image is the command's.
    .passThroughOptions()
    .option("--platform <platform>", "what the image is for, such as linux/arm64")
    .addOption(
      new Option("--pull <when>", "when a registry is asked for the image").choices(pullTimes).default("missing"),
    )
    .option("-q, --quiet", "say nothing of pulling the image", false)
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
    .addOption(listOption("--mount <mount>", "type=bind,source=…,target=…[,readonly], or type=tmpfs,target=…"))
    .option("--read-only", "let the command write to nothing but what is mounted", false)
    .addOption(listOption("-p, --publish <port>", "a port, which is the machine's anyway"))
    .addOption(new Option("-d, --detach").hideHelp())
    .option("-w, --workdir <folder>", "where the command starts")
    .option("-u, --user <user>", "who runs the command: user or user:group, by name or number")
    .addOption(listOption("--group-add <group>", "a group more that the user is in, by name or number"))
    .option("--entrypoint <program>", "run this program instead of the image's")
    .addOption(new Option("--network <mode>", "the machine's network: host; or none").argParser(parseNetwork))
    .addOption(new Option("--net <mode>").argParser(parseNetwork).hideHelp())
    .addOption(listOption("--add-host <host:address>", "a line of /etc/hosts"))
    .addOption(listOption("--dns <address>", "a name server instead of the machine's"))
    .addOption(listOption("--dns-search <domain>", "a domain to look names up in"))
    .addOption(listOption("--dns-option <option>", "a setting of looking names up, such as ndots:2"))
    .addOption(listOption("--cap-add <capability>", "a right more than usual, such as SYS_PTRACE, or ALL"))
    .addOption(listOption("--cap-drop <capability>", "a right less, or ALL"))
    .option("--pids-limit <number>", "how many processes there may be at once; -1 for as many as usual")
    .addOption(listOption("-l, --label <name=value>", "a label of the container"))
    .option("--privileged", "run the command without the sandbox's limits", false)
    .addOption(new Option("--isolation <sandbox>", "what the command runs in").choices(isolations))
    .action(async (image: string, command: string[], options: Values) => {
      const isolation = options.isolation as RunRequest["isolation"];
      const texts = (name: string) => options[name] as readonly string[];
      const network = (options.network ?? options.net ?? "host") as RunRequest["network"];
      const resolver = { servers: texts("dns"), searches: texts("dnsSearch"), options: texts("dnsOption") };
      const { platform } = options;
      for (const port of texts("publish")) checkPublishedPort(port);
      if (options.detach === true) {
        throw usageError(
          "-d: there is no daemon that would keep the container",
          "Leave that to your shell: strake run … &",
        );
      }
      await actions.run({
        image,
        command,
        ...(typeof platform === "string" ? { platform: parsePlatform(platform) } : {}),
        pull: options.pull as RunRequest["pull"],
        quiet: options.quiet === true,
        interactive: options.interactive === true,
        terminal: options.tty === true,
        remove: options.rm === true,
        ...optional("name", options.name),
        ...optional("idFile", options.cidfile),
        ...optional("hostname", options.hostname),
        envFiles: texts("envFile"),
        env: texts("env"),
        labels: parseKeyValues("--label", texts("label")),
        mounts: [
          ...texts("volume").map(parseVolume),
          ...texts("mount").map(parseMount),
          ...texts("tmpfs").map(parseMemoryFolder),
        ],
        readonlyRoot: options.readOnly === true,
        ...optional("workdir", options.workdir),
        ...optional("user", options.user),
        groups: texts("groupAdd"),
        ...optional("entrypoint", options.entrypoint),
        network,
        hosts: texts("addHost").map(parseHost),
        ...(Object.values(resolver).some((list) => list.length > 0) ? { resolver } : {}),
        privileged: options.privileged === true,
        addedCapabilities: texts("capAdd"),
        droppedCapabilities: texts("capDrop"),
        limits: { ...readLimits(options), ...readProcesses(options.pidsLimit) },
        ...(isolation === undefined ? {} : { isolation }),
      });
    });
}

function parseNetwork(text: string): RunRequest["network"] {
  if (text === "host" || text === "none") return text;
  throw usageError(`--network ${text}: a container has the machine's network, host, or none`);
}

/** As docker has it, -1 and 0 are no limit of one's own. */
function readProcesses(text: unknown): Pick<RunRequest["limits"], "processes"> {
  if (typeof text !== "string" || text === "-1" || text === "0") return {};
  return { processes: parseNumber("--pids-limit", text, 1) };
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
      listOption(
        "-f, --filter <filter>",
        "name=TEXT, id=ID, label=NAME[=VALUE], status=running|exited|dead, exited=CODE, ancestor=IMAGE",
      ),
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
