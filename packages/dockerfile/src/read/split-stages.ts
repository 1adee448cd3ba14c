import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import type { StageSyntax } from "./read-options.ts";

/** The arguments before the first FROM, and the stages. */
export interface SplitDockerfile {
  readonly globals: readonly Instruction[];
  readonly stages: readonly StageSyntax[];
}

/**
 * Takes the instructions of a file apart into stages.
 *
 * @throws StrakeError `dockerfile-stage`
 */
export function splitStages(tree: DockerfileTree): SplitDockerfile {
  const globals: Instruction[] = [];
  const stages: (StageSyntax & { instructions: Instruction[] })[] = [];
  for (const instruction of tree.instructions) {
    if (instruction.keyword === "from") stages.push(readFrom(tree, instruction, stages.length));
    else if (stages.length > 0) stages.at(-1)?.instructions.push(instruction);
    else if (instruction.keyword === "arg") globals.push(instruction);
    else
      throw tree.source.error(
        instruction.name.span.start.offset,
        "dockerfile-stage",
        "no build stage in current context",
      );
  }
  if (stages.length > 0) return { globals, stages };
  throw tree.source.error(0, "dockerfile-stage", "dockerfile contains no stages to build");
}

function readFrom(
  tree: DockerfileTree,
  from: Instruction,
  index: number,
): StageSyntax & { instructions: Instruction[] } {
  const [base, as, name, ...more] = from.words;
  const fail = (message: string) => tree.source.error(from.name.span.start.offset, "dockerfile-stage", message);
  const named = as !== undefined;
  if (base === undefined || more.length > 0 || (named && (name === undefined || as.value.toLowerCase() !== "as"))) {
    throw fail("FROM requires either one or three arguments");
  }
  if (name === undefined) return { index, from, base, instructions: [] };
  const lower = name.value.toLowerCase();
  if (!/^[a-z][a-z0-9-_.]*$/.test(lower)) {
    throw fail(`invalid name for build stage: "${name.value}", name can't start with a number or contain symbols`);
  }
  return { index, name: lower, from, base, instructions: [] };
}
