import { type ContainerCommand, isForBuilder } from "@strake/core";
import type { Instruction } from "../syntax/tree.ts";
import { CheckedFlags } from "./checked-flags.ts";
import { readGoDuration } from "./go-duration.ts";
import type { NewStep } from "./new-step.ts";
import type { StageScope } from "./stage-scope.ts";

/** Reads ENV and LABEL; every value sees the variables as they were before the instruction. */
export function readPairs(scope: StageScope, instruction: Instruction, kind: "env" | "label"): readonly NewStep[] {
  noFlags(scope, instruction);
  if (instruction.pairs.length === 0) throw atLeastOne(scope, instruction);
  const pairs = instruction.pairs.map(({ name, value }): [string, string] => {
    if (name === "") throw scope.fail(instruction, `${kind.toUpperCase()} names can not be blank`);
    return [scope.expand(name, instruction), scope.expand(value, instruction)];
  });
  if (kind === "label") return [{ kind, labels: pairs }];
  for (const [name, value] of pairs) scope.env.set(name, value);
  return [{ kind, variables: pairs }];
}

/** Reads ARG: a node for each name, all of which are one statement. */
export function readArg(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  noFlags(scope, instruction);
  if (instruction.words.length === 0) throw atLeastOne(scope, instruction);
  const { options, globals } = scope.reading;
  const inherited = (name: string) => {
    const value = globals.get(name);
    return options.substitute === undefined ? value : options.substitute.global(name, value, "arg");
  };
  return instruction.words.map((word, at): NewStep => {
    const equals = word.value.indexOf("=");
    const name = equals === -1 ? word.value : word.value.slice(0, equals);
    if (name === "") throw scope.fail(instruction, "ARG names can not be blank");
    const said = equals === -1 ? undefined : word.value.slice(equals + 1);
    const given = options.buildArgs?.get(name);
    const value = given ?? (said === undefined ? inherited(name) : scope.expand(said, instruction));
    if (value !== undefined && !isForBuilder(name)) scope.env.set(name, value);
    scope.args.set(name, value);
    const joined = at === instruction.words.length - 1 ? {} : { history: null };
    return { kind: "arg", name, ...(value === undefined ? {} : { default: value }), ...joined };
  });
}

/** The words of an instruction that takes the rest of its line. */
export function readRest(scope: StageScope, instruction: Instruction): string {
  noFlags(scope, instruction);
  const word = instruction.words[0];
  if (word !== undefined) return word.value;
  throw scope.fail(instruction, `${instruction.keyword.toUpperCase()} requires exactly one argument`);
}

/** Reads EXPOSE; a published port before the container's is left out, as BuildKit does. */
export function readExpose(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  noFlags(scope, instruction);
  if (instruction.words.length === 0) throw atLeastOne(scope, instruction);
  const words = instruction.words.map((word) => word.value).sort();
  const ports = words.flatMap((word) => scope.expandWords(word, instruction)).map((word) => word.replace(/^.*:/, ""));
  return [{ kind: "expose", ports, ...exposeHistory(ports) }];
}

/** BuildKit's history has the ports in the order in which the words were sorted before their variables were replaced. */
function exposeHistory(ports: readonly string[]): { history?: string } {
  if (ports.every((port, at) => at === 0 || port >= (ports[at - 1] as string))) return {};
  const shown: string[] = [];
  for (const port of ports) {
    const [, first, last, protocol = "tcp"] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(\w+))?$/.exec(port) ?? [];
    for (let at = Number(first); at <= Number(last ?? first); at++) shown.push(`${at}/${protocol.toLowerCase()}`);
  }
  return { history: `EXPOSE [${shown.join(" ")}]` };
}

/** Reads VOLUME. */
export function readVolume(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  noFlags(scope, instruction);
  if (instruction.words.length === 0) throw atLeastOne(scope, instruction);
  const paths = instruction.words.map((word) => {
    const path = word.value.trim();
    if (path === "") throw scope.fail(instruction, "VOLUME specified can not be an empty string");
    return scope.expand(path, instruction);
  });
  return [{ kind: "volume", paths }];
}

/** Reads CMD and ENTRYPOINT. */
export function readCommand(scope: StageScope, instruction: Instruction): ContainerCommand {
  noFlags(scope, instruction);
  const args = instruction.words.map((word) => word.value);
  return instruction.form === "json" ? { form: "exec", args } : { form: "shell", text: args[0] ?? "" };
}

/** Reads SHELL, which has only the JSON form. */
export function readShell(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  noFlags(scope, instruction);
  const shell = instruction.words.map((word) => word.value);
  if (shell.length === 0) throw atLeastOne(scope, instruction);
  if (instruction.form !== "json") {
    throw scope.fail(
      instruction,
      `SHELL requires the arguments to be in JSON form`,
      'Write SHELL ["/bin/bash", "-c"].',
    );
  }
  scope.shell = shell;
  return [{ kind: "shell", shell }];
}

/** Reads HEALTHCHECK. */
export function readHealthcheck(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  const [type, ...command] = instruction.words.map((word) => word.value);
  if (type === undefined) throw atLeastOne(scope, instruction);
  if (type.toUpperCase() === "NONE") {
    if (command.length > 0) throw scope.fail(instruction, "HEALTHCHECK NONE takes no arguments");
    return [{ kind: "healthcheck" }];
  }
  const names = ["interval", "timeout", "start-period", "start-interval"] as const;
  const flags = new CheckedFlags(scope.reading.source, instruction, {
    ...Object.fromEntries(names.map((name) => [name, "string"] as const)),
    retries: "string",
  });
  if (type.toUpperCase() !== "CMD") throw scope.fail(instruction, `Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw scope.fail(instruction, "Missing command after HEALTHCHECK CMD");
  const [interval, timeout, startPeriod, startInterval] = names.map((name) => {
    const value = flags.string(name);
    const duration = value === undefined ? 0 : readGoDuration(value);
    if (duration === undefined)
      throw scope.fail(instruction, `--${name}: "${value}" is not a duration; write 30s or 1m30s`);
    if (duration !== 0 && duration < 1e6) throw scope.fail(instruction, `Interval "${name}" cannot be less than 1ms`);
    return duration;
  });
  const retries = flags.string("retries") ?? "0";
  if (!/^\+?\d{1,9}$/.test(retries)) throw scope.fail(instruction, `--retries: "${retries}" is not a number of times`);
  return [
    {
      kind: "healthcheck",
      command:
        instruction.form === "json" ? { form: "exec", args: command } : { form: "shell", text: command[0] as string },
      ...(interval ? { interval } : {}),
      ...(timeout ? { timeout } : {}),
      ...(startPeriod ? { startPeriod } : {}),
      ...(startInterval ? { startInterval } : {}),
      ...(Number(retries) > 0 ? { retries: Number(retries) } : {}),
    },
  ];
}

/** Reads ONBUILD, of which the image keeps the text. */
export function readOnbuild(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  noFlags(scope, instruction);
  const trigger = instruction.trigger;
  if (trigger === undefined) throw atLeastOne(scope, instruction);
  if (trigger.keyword === "from" || trigger.keyword === "maintainer") {
    throw scope.fail(instruction, `${trigger.keyword.toUpperCase()} isn't allowed as an ONBUILD trigger`);
  }
  const bodies = instruction.heredocs.map((heredoc) => `\n${heredoc.content}${heredoc.name}`);
  return [{ kind: "onbuild", instruction: trigger.line + bodies.join("") }];
}

function noFlags(scope: StageScope, instruction: Instruction): void {
  new CheckedFlags(scope.reading.source, instruction, {});
}

function atLeastOne(scope: StageScope, instruction: Instruction) {
  return scope.fail(instruction, `${instruction.keyword.toUpperCase()} requires at least one argument`);
}
