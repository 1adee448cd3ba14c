import { type Definition, type FromNode, joinPath, relativePath, type Step, statementsOf } from "@strake/core";
import { imageOrder } from "./image-order.ts";
import { printAdd, printCopy, printWrite } from "./instruction/files.ts";
import { printRun } from "./instruction/run.ts";
import {
  printArg,
  printCommand,
  printExpose,
  printHealthcheck,
  printMaintainer,
  printPairs,
  printRest,
  printVolume,
} from "./instruction/settings.ts";
import { noDockerfileForm } from "./no-dockerfile-form.ts";
import { Printer, type PrintOptions } from "./printer.ts";
import { escapeWord, jsonForm } from "./quote.ts";

/** A Dockerfile, and what the build that reads it has to be told. */
export interface PrintedDockerfile {
  readonly text: string;
  /** Absolute folders that `--build-context` has to name. */
  readonly contexts: ReadonlyMap<string, string>;
  /** Offered images that `--build-context` has to name, by their names here. */
  readonly given: ReadonlyMap<string, Definition>;
  /** Ids of the secrets it asks for, with the environment variable that a command has one in, where it says so. */
  readonly secrets: ReadonlyMap<string, string | undefined>;
  /** Ids of the ssh agents it asks for. */
  readonly agents: readonly string[];
  /** What has to be allowed, in buildx's words: `network.host`, `security.insecure`. */
  readonly entitlements: readonly string[];
}

/**
 * Says a definition as a Dockerfile that makes the same files and config.
 *
 * Images that the target stands on or copies from are stages before it, each once. Modes of files are Docker's affair:
 * it keeps those of the checkout, where a definition makes them normal.
 *
 * @throws StrakeError `no-dockerfile-form` at the statement that a Dockerfile cannot say
 */
export function printDockerfile(definition: Definition, options: PrintOptions): PrintedDockerfile {
  const printer = new Printer(options);
  const stages: string[] = [];
  const order = imageOrder(definition, options.offered);
  const given = new Map<string, Definition>();
  for (const image of order.given) {
    const name = stageName(image, printer, order.outside);
    printer.needed.use("named-context");
    printer.stages.set(image, name);
    given.set(name, image);
  }
  for (const image of order.stages) {
    const last = image === definition;
    const name = last ? undefined : stageName(image, printer);
    stages.push(printStage(printer, image, name));
    if (name !== undefined) printer.stages.set(image, name);
  }
  const hints = [...printer.contexts].map(
    ([name, root]) => `# Build with --build-context ${name}=${relativePath(options.project, root)}\n`,
  );
  const syntax = options.syntax === false ? "" : printer.needed.line();
  const globals = [...printer.globals.values()].map((text) => `ARG ${text}\n`).join("");
  return {
    text: `${syntax}${options.hints === false ? "" : hints.join("")}${globals}${stages.join("\n")}`,
    contexts: printer.contexts,
    given,
    secrets: printer.secrets,
    agents: [...printer.agents],
    entitlements: [...printer.entitlements],
  };
}

/**
 * A name that FROM takes: the image's own where it has one, made unique.
 *
 * @param outside names that are an outside image's; a stage only hides one, a context stands for it everywhere
 */
function stageName(image: Definition, printer: Printer, outside: ReadonlySet<string> = new Set()): string {
  const own = printer.options.names?.get(image) ?? "";
  const clean = own
    .toLowerCase()
    .replace(/[^a-z0-9-_.]/g, "-")
    .replace(/^[^a-z]+|[-_.]+$/g, "");
  const base = clean === "" || clean === "scratch" || clean === "context" ? "stage" : clean;
  const taken = new Set([...printer.stages.values(), ...outside]);
  if (base !== "stage" && !taken.has(base)) return base;
  for (let number = 1; ; number++) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

function printStage(printer: Printer, image: Definition, name: string | undefined): string {
  const lines: string[] = [];
  let shell = inheritedShell(image);
  const [from, ...steps] = statementsOf(image) as readonly [FromNode, ...Step[]];
  for (const node of [from, ...steps]) {
    if (node.kind === "shell") shell = node.shell;
    if (node.kind !== "from" && isFired(node, from)) continue;
    const line = node.kind === "from" ? printFrom(printer, node, name) : printStep(printer, node, shell);
    if (line !== "") lines.push(`${line}\n`);
  }
  return lines.join("");
}

/** The shell that a stage begins with: what the stages that it stands on have set. */
function inheritedShell(image: Definition): readonly string[] {
  const [from] = statementsOf(image) as readonly [FromNode];
  if (from.base.type !== "image") return ["/bin/sh", "-c"];
  const set = statementsOf(from.base.image).findLast((node) => node.kind === "shell");
  return set?.kind === "shell" ? set.shell : inheritedShell(from.base.image);
}

/** Whether a statement is what ONBUILD of the base says, which FROM carries out: such ones stand at its place. */
function isFired({ site }: Step, { triggers, site: { file, line, column } }: FromNode): boolean {
  return triggers !== undefined && site.file === file && site.line === line && site.column === column;
}

function printFrom(printer: Printer, node: FromNode, name: string | undefined): string {
  const platform =
    node.platform === undefined ? "" : `--platform=${printer.fromText(node.platform, node.site, "a platform")} `;
  const suffix = name === undefined ? "" : ` AS ${name}`;
  const base = node.base;
  switch (base.type) {
    case "scratch":
      // BuildKit takes the build's own platform for scratch, whatever the flag says.
      return `FROM scratch${suffix}`;
    case "image":
      return `FROM ${platform}${printer.stageOf(base.image, node.site)}${suffix}`;
    case "reference":
      return `FROM ${platform}${nameOf(printer.fromText(base.name, node.site, "an image's name"))}${suffix}`;
    case "rootfs": {
      const path = relativePath(printer.options.project, joinPath(base.path.root, base.path.path));
      if (path.startsWith("..")) {
        throw noDockerfileForm(
          node.site,
          "a root file system outside the build file's folder",
          "Move the tar below it.",
        );
      }
      return `FROM scratch${suffix}\nADD ${/\s/.test(path) ? jsonForm([path, "/"]) : `${escapeWord(path)} /`}`;
    }
    default:
      throw noDockerfileForm(node.site, `from(${base.type}())`, "Push the image to a registry, and name it there.");
  }
}

/** The name of an image in a Docker Engine's store is its own there: docker looks into the store first. */
function nameOf(base: string): string {
  return base.replace(/^docker-daemon:\/\//, "");
}

function printStep(printer: Printer, node: Step, shell: readonly string[]): string {
  switch (node.kind) {
    case "run":
      return printRun(printer, node, shell);
    case "copy":
      return printCopy(printer, node);
    case "add":
      return printAdd(printer, node);
    case "write":
      return printWrite(printer, node);
    case "merge":
      throw noDockerfileForm(node.site, "merge()", "Copy from the images, each with link.");
    case "env":
      return printPairs(printer, "ENV", node.variables, node.site);
    case "label":
      return printPairs(printer, "LABEL", node.labels, node.site);
    case "arg":
      return printArg(printer, node);
    case "workdir":
      return printRest(printer, "WORKDIR", node.path, node.site);
    case "user":
      return printRest(printer, "USER", node.user, node.site);
    case "expose":
      return printExpose(printer, node);
    case "volume":
      return printVolume(printer, node);
    case "cmd":
      return printCommand(printer, "CMD", node);
    case "entrypoint":
      return printCommand(printer, "ENTRYPOINT", node);
    case "healthcheck":
      return printHealthcheck(printer, node);
    case "stopsignal":
      return printRest(printer, "STOPSIGNAL", node.signal, node.site);
    case "shell":
      return `SHELL ${jsonForm(node.shell)}`;
    case "onbuild":
      return `ONBUILD ${node.instruction}`;
    case "maintainer":
      return printMaintainer(printer, node);
    // They are no part of the image's files or config: the build is told about them.
    case "annotation":
    case "tag":
    case "platforms":
      return "";
  }
}
