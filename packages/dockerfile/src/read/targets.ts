import type { DockerfileTree } from "../syntax/tree.ts";
import { inBase64 } from "./print-outline.ts";
import { splitStages } from "./split-stages.ts";

/** A stage that can be built, as `--call targets` tells it. */
export interface Target {
  readonly name?: string;
  /** It is built where no target is named. */
  readonly default?: true;
  /** The comment `# name description` right above the stage. */
  readonly description?: string;
  /** As written. */
  readonly base: string;
  readonly platform?: string;
  readonly location: { readonly ranges: readonly { readonly start: Line; readonly end: Line }[] };
}

interface Line {
  readonly line: number;
}

/**
 * Lists the stages of a file.
 *
 * @throws StrakeError `dockerfile-stage`
 */
export function targets(tree: DockerfileTree): readonly Target[] {
  const { stages } = splitStages(tree);
  return stages.map(({ index, name, from, base }): Target => {
    const description = name && from.comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1);
    const platform = from.flags.find((flag) => flag.name === "platform")?.value;
    const { start } = from.span;
    const lines = from.text.replace(/\r?\n$/, "").split("\n").length;
    return {
      ...(name === undefined ? {} : { name }),
      ...(index === stages.length - 1 ? { default: true } : {}),
      ...(description ? { description } : {}),
      base: base.value,
      ...(platform ? { platform } : {}),
      location: { ranges: [{ start: { line: start.line }, end: { line: start.line + lines - 1 } }] },
    };
  });
}

/** Prints targets as a table, with the words of `--call targets`. */
export function printTargets(list: readonly Target[]): string {
  const rows = list.map((target): [string, string] => {
    const mark = target.default ? "(default)" : "";
    return [[target.name, mark].filter(Boolean).join(" "), target.description ?? ""];
  });
  const all: [string, string][] = [["TARGET", "DESCRIPTION"], ...rows];
  const width = Math.max(...all.map(([name]) => name.length)) + 1;
  return all.map(([name, description]) => `${name.padEnd(width)}${description}\n`).join("");
}

/** Prints targets as JSON, as `--call targets,format=json` does; the file itself is in it, in base64. */
export function printTargetsJson(list: readonly Target[], tree: DockerfileTree): string {
  return JSON.stringify({ targets: list, sources: [inBase64(tree.source.text)] }, null, 2);
}
