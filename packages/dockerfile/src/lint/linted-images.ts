import { type Definition, type Expression, statementsOf, type TextValue } from "@strake/core";
import type { RuleName } from "./rules.ts";

/** An image that the checks look at: a stage of a Dockerfile, or an image of a build file. */
export interface LintedImage {
  readonly definition: Definition;
  /** What the author calls it. */
  readonly name?: string;
  /** It is built for its own sake, not only for others to stand on. */
  readonly final: boolean;
}

/** The paths of a folder that do not exist for a build. */
export interface IgnoreRules {
  readonly patterns: readonly string[];
  ignores(path: string): boolean;
}

/** What a check may ask about the world outside a definition; what nobody knows is left out. */
export interface Surroundings {
  /** What is ignored in a folder that files are copied from. */
  readonly ignoreOf?: (root: string) => IgnoreRules | undefined;
  /** The platform of a base that was looked up, and the one it was wanted for. */
  readonly basePlatform?: (name: string, platform: string | undefined) => BasePlatform | undefined;
}

/** Platforms such as `linux/amd64`. */
export interface BasePlatform {
  readonly offered: string;
  readonly wanted: string;
}

/** Images as the checks see them, whichever notation they were written in. */
export interface LintedImages extends Surroundings {
  /** Each image stands behind those that it uses. */
  readonly images: readonly LintedImage[];
  readonly notation: "dockerfile" | "code";
  /** What the author wrote for a statement: `CMD`, `cmd()`. */
  readonly word: (node: Definition) => string;
}

/** Takes what a check found in a statement. */
export type ReportStatement = (rule: RuleName, node: Definition, message: string) => void;

/** A check of what images say, for every notation. */
export type ImageCheck = (linted: LintedImages, report: ReportStatement) => void;

/**
 * Visits every statement of the images once, with what those before it came to, bases included.
 *
 * @param next makes the state behind a statement of the state before it
 */
export function foldStatements<S>(
  { images }: LintedImages,
  initial: S,
  next: (state: S, node: Definition) => S,
): ReadonlyMap<Definition, S> {
  const states = new Map<Definition, S>();
  for (const { definition } of images) {
    let state = initial;
    for (const node of statementsOf(definition)) {
      if (node.kind === "from") state = node.base.type === "image" ? (states.get(node.base.image) ?? initial) : initial;
      state = states.has(node) ? (states.get(node) as S) : next(state, node);
      states.set(node, state);
    }
  }
  return states;
}

/** The statements of all images, each once. */
export function statements({ images }: LintedImages): ReadonlySet<Definition> {
  return new Set(images.flatMap(({ definition }) => statementsOf(definition)));
}

/** A text as far as it is known; what is not is shown with a `$`. */
export function shownText(text: TextValue): string {
  return typeof text === "string" ? text : shownExpression(text);
}

function shownExpression(expression: Expression): string {
  switch (expression.kind) {
    case "value":
      return String(expression.value);
    case "variable":
      return `$${expression.name}`;
    case "argument":
      return expression.default === undefined ? `$${expression.name}` : shownText(expression.default);
    case "concat":
      return expression.parts.map(shownExpression).join("");
    case "property":
      return `$${expression.property}`;
    case "apply":
      return "$value";
  }
}
