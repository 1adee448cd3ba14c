import { type DockerfileTree, type Instruction, isInstruction } from "../syntax/tree.ts";

/** The comments of a Dockerfile by what they stand above or in. */
export class CommentsOf {
  /** What stands below the last instruction. */
  readonly trailing: readonly string[];
  readonly #byInstruction = new Map<Instruction, readonly string[]>();

  constructor(tree: DockerfileTree) {
    let above: string[] = [];
    for (const part of tree.parts) {
      if (part.type === "comment") above.push(...commentLines(part.text));
      if (!isInstruction(part)) continue;
      this.#byInstruction.set(part, [...above, ...commentLines(withoutHeredocs(part))]);
      above = [];
    }
    this.trailing = above;
  }

  of(instruction: Instruction): readonly string[] {
    return this.#byInstruction.get(instruction) ?? [];
  }
}

/** Prints comments, each on a line of its own. */
export function commentText(lines: readonly string[], indent = ""): string {
  return lines.map((line) => `${indent}//${line === "" ? "" : ` ${line}`}\n`).join("");
}

function commentLines(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const found = /^\s*#+ ?(.*)$/.exec(line);
    return found === null ? [] : [(found[1] as string).trimEnd()];
  });
}

/** What is a comment in a script is none of the Dockerfile. */
function withoutHeredocs({ text, span, heredocs }: Instruction): string {
  const first = heredocs[0]?.span.start.offset;
  return first === undefined ? text : text.slice(0, first - span.start.offset);
}
