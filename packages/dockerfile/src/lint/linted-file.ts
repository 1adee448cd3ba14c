import type { StageSyntax } from "../read/read-options.ts";
import { splitStages } from "../read/split-stages.ts";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import type { Edit } from "./finding.ts";
import type { RuleName } from "./rules.ts";

/** A Dockerfile as the checks see it. */
export interface LintedFile {
  readonly tree: DockerfileTree;
  readonly globals: readonly Instruction[];
  readonly stages: readonly StageSyntax[];
}

/** Takes what a check found in an instruction; `offset` is the place, where that is not the keyword. */
export type Report = (
  rule: RuleName,
  instruction: Instruction,
  message: string,
  edits?: readonly Edit[],
  offset?: number,
) => void;

/** A check of one or more rules. */
export type Check = (file: LintedFile, report: Report) => void;

/**
 * Makes what the checks look at.
 *
 * @throws StrakeError `dockerfile-stage`
 */
export function lintedFile(tree: DockerfileTree): LintedFile {
  return { tree, ...splitStages(tree) };
}

/** The edit that replaces a span. */
export function replace(
  span: { readonly start: { offset: number }; readonly end: { offset: number } },
  text: string,
): Edit {
  return { start: span.start.offset, end: span.end.offset, text };
}
