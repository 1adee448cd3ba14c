import { type RunNode, statementsOf } from "@strake/core";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import { readDockerfile } from "./read-dockerfile.ts";
import type { ReadDockerfile, ReadOptions, StageSyntax } from "./read-options.ts";
import { splitStages } from "./split-stages.ts";

/** What a target can be given, as `--call outline` tells it. */
export interface Outline {
  readonly name?: string;
  /** The comment `# name description` right above the stage. */
  readonly description?: string;
  readonly args?: readonly OutlineArgument[];
  readonly secrets?: readonly OutlineMount[];
  readonly ssh?: readonly OutlineMount[];
}

export interface OutlineArgument {
  readonly name: string;
  readonly description?: string;
  /** What it comes to in this build. */
  readonly value?: string;
  readonly location: Location;
}

/** A secret or an agent that commands ask for. */
export interface OutlineMount {
  readonly name: string;
  readonly required?: true;
  readonly location: Location;
}

interface Location {
  readonly ranges: readonly { readonly start: Line; readonly end: Line }[];
}

interface Line {
  readonly line: number;
}

/**
 * Tells the arguments, secrets and agents of a target and of all that it needs, in the order of the file's lines.
 *
 * @throws StrakeError as reading does
 */
export function outline(tree: DockerfileTree, options: ReadOptions): Outline {
  return new Outlining(tree, options).outline();
}

class Outlining {
  readonly #reading: ReadDockerfile;
  readonly #given: ReadonlyMap<string, string>;
  readonly #globals: readonly Instruction[];
  readonly #target: StageSyntax;

  constructor(tree: DockerfileTree, options: ReadOptions) {
    this.#reading = readDockerfile(tree, options);
    this.#given = options.buildArgs ?? new Map();
    this.#globals = splitStages(tree).globals;
    const { definitions, definition, stages } = this.#reading;
    this.#target = stages.find(({ index }) => definitions.get(index) === definition) as StageSyntax;
  }

  outline(): Outline {
    const { name, from } = this.#target;
    const description = describe(from, name);
    const args = this.#arguments();
    const [secrets, ssh] = [this.#mounts("secret"), this.#mounts("ssh")];
    return {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(args.length === 0 ? {} : { args }),
      ...(secrets.length === 0 ? {} : { secrets }),
      ...(ssh.length === 0 ? {} : { ssh }),
    };
  }

  /** The stages that the target needs, those that stand on others first. */
  get #stages(): readonly StageSyntax[] {
    return this.#reading.stages.filter(({ index }) => this.#reading.definitions.has(index)).reverse();
  }

  #arguments(): readonly OutlineArgument[] {
    const found = new Map<string, OutlineArgument>();
    const used = new Set<string>();
    const add = (instruction: Instruction, name: string, value: string | undefined) => {
      if (found.has(name)) return;
      const description = describe(instruction, name);
      found.set(name, {
        name,
        ...(description === undefined ? {} : { description }),
        ...(value ? { value } : {}),
        location: locationOf(instruction),
      });
    };
    for (const stage of this.#stages) {
      for (const name of variablesOf(stage.from)) used.add(name);
      for (const instruction of stage.instructions.filter(({ keyword }) => keyword === "arg").reverse()) {
        for (const name of instruction.words.map(({ value }) => value.replace(/=.*$/s, ""))) {
          used.add(name);
          const word = instruction.words.find(({ value }) => value === name || value.startsWith(`${name}=`));
          const inherited = !word?.value.includes("=") && !this.#given.has(name) && this.#reading.globals.has(name);
          if (!inherited) add(instruction, name, this.#valueOf(stage, name));
        }
      }
    }
    for (const instruction of [...this.#globals].reverse()) {
      for (const { value } of instruction.words) {
        const name = value.replace(/=.*$/s, "");
        if (!used.has(name)) continue;
        add(instruction, name, this.#reading.globals.get(name));
        for (const other of variablesIn(value)) used.add(other);
      }
    }
    return [...found.values()].sort(byLine);
  }

  /** The value of an argument at the end of a stage. */
  #valueOf({ index }: StageSyntax, name: string): string | undefined {
    const definition = this.#reading.definitions.get(index);
    const nodes = definition === undefined ? [] : statementsOf(definition);
    const node = nodes.findLast((each) => each.kind === "arg" && each.name === name);
    return node?.kind === "arg" ? (node.default as string | undefined) : undefined;
  }

  #mounts(type: "secret" | "ssh"): readonly OutlineMount[] {
    const found = new Map<string, OutlineMount>();
    for (const { index, instructions } of this.#stages) {
      const definition = this.#reading.definitions.get(index);
      const runs = definition === undefined ? [] : statementsOf(definition).filter((node) => node.kind === "run");
      for (const { mounts, site } of runs as readonly RunNode[]) {
        const instruction = instructions.find(({ name }) => name.span.start.line === site.line);
        for (const mount of mounts) {
          if (mount.type !== type || instruction === undefined) continue;
          const name = mount.id ?? "default";
          const required = mount.required ? ({ required: true } as const) : {};
          if (!found.has(name)) found.set(name, { name, ...required, location: locationOf(instruction) });
        }
      }
    }
    return [...found.values()].sort(byLine);
  }
}

function describe(instruction: Instruction, name: string | undefined): string | undefined {
  const comment = name && instruction.comments.find((each) => each.startsWith(`${name} `));
  return comment ? comment.slice((name as string).length + 1) : undefined;
}

function variablesOf(from: Instruction): readonly string[] {
  return [from.words[0]?.value ?? "", ...from.flags.map(({ value = "" }) => value)].flatMap(variablesIn);
}

function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/\$\{?(\w+)/g)].map((found) => found[1] as string);
}

function locationOf({ span, text }: Instruction): Location {
  const lines = text.replace(/\r?\n$/, "").split("\n").length;
  return { ranges: [{ start: { line: span.start.line }, end: { line: span.start.line + lines - 1 } }] };
}

function byLine(left: { location: Location }, right: { location: Location }): number {
  return (left.location.ranges[0]?.start.line ?? 0) - (right.location.ranges[0]?.start.line ?? 0);
}
