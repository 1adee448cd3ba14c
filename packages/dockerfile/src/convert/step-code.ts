import type { AddNode, ContainerCommand, CopyNode, Definition, HealthcheckNode, Step, TextValue } from "@strake/core";
import type { Instruction } from "../syntax/tree.ts";
import { callCode, listCode, objectCode, optionsCode, templateText, textCode } from "./code.ts";
import { modeCode } from "./mount-code.ts";
import { argCode, pairsCode } from "./pairs-code.ts";
import { runCode, shellCode } from "./run-code.ts";
import type { StageNames } from "./stage-names.ts";

/** Prints a statement as the call of a method. */
export function stepCode(node: Step, instruction: Instruction, escapeCharacter: string, names: StageNames): string {
  const text = (value: TextValue) => textCode(value as string, names);
  switch (node.kind) {
    case "run":
      return runCode(node, instruction, escapeCharacter, names);
    case "copy":
    case "add":
      return filesCode(node, names);
    case "env":
      return callCode(".env", [pairsCode(node.variables, names)]);
    case "label":
      return callCode(".label", [pairsCode(node.labels, names)]);
    case "arg":
      return argCode(node, names);
    case "workdir":
      return callCode(".workdir", [text(node.path), ...(hasUser(node.input) ? [names.use("likeDocker")] : [])]);
    case "user":
      return callCode(".user", [text(node.user)]);
    case "stopsignal":
      return callCode(".stopsignal", [text(node.signal)]);
    case "maintainer":
      return callCode(".maintainer", [text(node.author)]);
    case "onbuild":
      return callCode(".onbuild", [JSON.stringify(node.instruction)]);
    case "shell":
      return callCode(".shell", [listCode(node.shell.map((word) => JSON.stringify(word)))]);
    case "expose":
      return callCode(
        ".expose",
        node.ports.map((port) => (/^\d{1,5}$/.test(port as string) ? `${port}` : text(port))),
      );
    case "volume":
      return callCode(".volume", node.paths.map(text));
    case "cmd":
    case "entrypoint":
      return callCode(`.${node.kind}`, [commandCode(node.command, instruction, escapeCharacter, names)]);
    case "healthcheck":
      return healthcheckCode(node, instruction, escapeCharacter, names);
    default:
      throw new Error(`a Dockerfile does not say ${node.kind}`);
  }
}

/** Whether files are made for another user than root. */
function hasUser(definition: Definition): boolean {
  for (let node = definition; ; node = node.input) {
    if (node.kind === "user") return true;
    if (node.kind === "from") return node.base.type === "image" ? hasUser(node.base.image) : false;
  }
}

function filesCode(node: CopyNode | AddNode, names: StageNames): string {
  const text = (value: TextValue) => textCode(value as string, names);
  const sources = node.sources.map((source) => {
    if (source.type === "files") throw new Error("a Dockerfile has no selections");
    if (source.type === "content") {
      return `${names.use("content")}(${JSON.stringify(source.name)}, ${linesCode(source.content as string, names)})`;
    }
    return text(source.type === "path" ? source.path : source.url);
  });
  names.use("likeDocker");
  const options = {
    from: node.kind === "copy" ? names.from(node.from) : undefined,
    ...ownerCode(node, names),
    exclude: node.exclude.length === 0 ? undefined : listCode(node.exclude.map((each) => JSON.stringify(each))),
    parents: node.kind === "copy" && node.parents ? "true" : undefined,
    checksum: node.kind === "add" && node.checksum !== undefined ? text(node.checksum) : undefined,
    keepGitDir: node.kind === "add" && node.keepGitDir !== undefined ? `${node.keepGitDir}` : undefined,
    unpack: node.kind === "add" && node.unpack !== undefined ? `${node.unpack}` : undefined,
  };
  const plain = Object.values(options).every((code) => code === undefined);
  return callCode(`.${node.kind}`, [
    sources.length === 1 ? (sources[0] as string) : listCode(sources),
    text(node.destination),
    plain ? "likeDocker" : objectCode({ "...likeDocker": "", ...options }),
  ]);
}

/** Prints a text of several lines as one reads it. */
function linesCode(text: string, names: StageNames): string {
  const code = textCode(text, names);
  return code === JSON.stringify(text) && text.includes("\n") ? `\`${templateText(text)}\`` : code;
}

function ownerCode(node: Pick<CopyNode, "chown" | "chmod" | "link">, names: StageNames) {
  const { chmod } = node as { chmod?: string };
  const octal = chmod !== undefined && /^[0-7]{1,4}$/.test(chmod) ? modeCode(Number.parseInt(chmod, 8)) : undefined;
  return {
    chown: node.chown === undefined ? undefined : textCode(node.chown as string, names),
    // A number is written without leading zeros, which the history would show.
    chmod: chmod === undefined ? undefined : octal === `0o${chmod}` ? octal : textCode(chmod, names),
    link: node.link ? "true" : undefined,
  };
}

function commandCode(
  command: ContainerCommand,
  instruction: Instruction,
  escapeCharacter: string,
  names: StageNames,
): string {
  if (command.form === "exec") return listCode(command.args.map((word) => textCode(word as string, names)));
  return shellCode(command.text as string, instruction, escapeCharacter);
}

function healthcheckCode(
  node: HealthcheckNode,
  instruction: Instruction,
  escapeCharacter: string,
  names: StageNames,
): string {
  if (node.command === undefined) return '.healthcheck("none")';
  const options = optionsCode({
    interval: durationCode(node.interval),
    timeout: durationCode(node.timeout),
    startPeriod: durationCode(node.startPeriod),
    startInterval: durationCode(node.startInterval),
    retries: node.retries === undefined ? undefined : `${node.retries}`,
  });
  return callCode(".healthcheck", [commandCode(node.command, instruction, escapeCharacter, names), ...options]);
}

/** Seconds where they are whole. */
function durationCode(nanoseconds: number | undefined): string | undefined {
  if (nanoseconds === undefined) return undefined;
  if (nanoseconds % 1e9 === 0) return `${nanoseconds / 1e9}`;
  return JSON.stringify(nanoseconds % 1e6 === 0 ? `${nanoseconds / 1e6}ms` : `${nanoseconds}ns`);
}
