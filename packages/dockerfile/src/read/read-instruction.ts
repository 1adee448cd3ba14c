import { isStopSignal } from "@strake/core";
import type { Instruction } from "../syntax/tree.ts";
import type { NewStep } from "./new-step.ts";
import { readAdd, readCopy } from "./read-files.ts";
import { readRun } from "./read-run.ts";
import {
  readArg,
  readCommand,
  readExpose,
  readHealthcheck,
  readOnbuild,
  readPairs,
  readRest,
  readShell,
  readVolume,
} from "./read-setting.ts";
import type { StageScope } from "./stage-scope.ts";

/** Reads an instruction of a stage: adds what it says to the stage's definition. */
export function readInstruction(scope: StageScope, instruction: Instruction): void {
  const site = scope.site(instruction);
  for (const step of stepsOf(scope, instruction)) {
    scope.definition = Object.freeze({ ...step, input: scope.definition, site });
    scope.reading.instructions.set(scope.definition, instruction);
  }
}

function readStopSignal(scope: StageScope, instruction: Instruction, signal: string): readonly NewStep[] {
  // What it comes to may hang on the variables of a base that is not known yet, or has not been looked for.
  if (!scope.complete || scope.reading.options.substitute !== undefined || isStopSignal(signal))
    return [{ kind: "stopsignal", signal }];
  throw scope.fail(instruction, `invalid signal: ${signal}`);
}

function stepsOf(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  const rest = () => scope.expand(readRest(scope, instruction), instruction);
  switch (instruction.keyword) {
    case "add":
      return readAdd(scope, instruction);
    case "copy":
      return readCopy(scope, instruction);
    case "run":
      return readRun(scope, instruction);
    case "env":
    case "label":
      return readPairs(scope, instruction, instruction.keyword);
    case "arg":
      return readArg(scope, instruction);
    case "expose":
      return readExpose(scope, instruction);
    case "volume":
      return readVolume(scope, instruction);
    case "shell":
      return readShell(scope, instruction);
    case "healthcheck":
      return readHealthcheck(scope, instruction);
    case "onbuild":
      return readOnbuild(scope, instruction);
    case "cmd":
    case "entrypoint":
      return [{ kind: instruction.keyword, command: readCommand(scope, instruction) }];
    case "workdir":
      return [{ kind: "workdir", path: rest(), rules: "docker" }];
    case "user":
      return [{ kind: "user", user: rest() }];
    case "stopsignal":
      return readStopSignal(scope, instruction, rest());
    case "maintainer":
      return [{ kind: "maintainer", author: readRest(scope, instruction) }];
    case "from":
      throw scope.fail(instruction, "FROM begins a stage and cannot stand in one");
  }
}
