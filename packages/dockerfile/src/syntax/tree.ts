import type { SourceText, Span } from "./source-text.ts";

/** The instructions of a Dockerfile, in lower case. */
export const keywords = [
  "add",
  "arg",
  "cmd",
  "copy",
  "entrypoint",
  "env",
  "expose",
  "from",
  "healthcheck",
  "label",
  "maintainer",
  "onbuild",
  "run",
  "shell",
  "stopsignal",
  "user",
  "volume",
  "workdir",
] as const;

export type Keyword = (typeof keywords)[number];

/**
 * A Dockerfile as it is written: every character of the text is in exactly one of the parts, in order.
 */
export interface DockerfileTree {
  readonly source: SourceText;
  readonly parts: readonly Part[];
  readonly instructions: readonly Instruction[];
  readonly directives: readonly Directive[];
  /** The character that continues lines and takes the meaning from the next character. */
  readonly escape: "\\" | "`";
}

/** A piece of the text between two others. */
export type Part =
  | { readonly type: "byteOrderMark" | "blank" | "comment"; readonly text: string; readonly span: Span }
  | Directive
  | Instruction;

/** A line such as `# escape=x` at the top of the file. */
export interface Directive {
  readonly type: "directive";
  readonly name: "syntax" | "escape" | "check";
  readonly value: string;
  readonly text: string;
  readonly span: Span;
}

/** A value and the place it is written at. */
export interface Word {
  /** The text with continuations joined; quotes, escapes and variables are as written, except in the JSON form. */
  readonly value: string;
  readonly span: Span;
}

/** `--name` or `--name=value`; quotes and escapes are resolved, variables are not. */
export interface Flag {
  readonly name: string;
  /** Absent where there is no equals sign. */
  readonly value?: string;
  readonly span: Span;
}

/** One `name=value` of ENV or LABEL, unexpanded and with its quotes. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  /** The old form, `ENV name the rest of the line`. */
  readonly legacy: boolean;
  readonly span: Span;
}

/** A text that follows its instruction's lines up to a line that is its name. */
export interface Heredoc {
  readonly name: string;
  /** False where the name is quoted: variables in the text stay as they are. */
  readonly expand: boolean;
  /** `<<-`: tabs at the beginning of lines are no part of the text. */
  readonly chomp: boolean;
  /** The text with its tabs. */
  readonly content: string;
  /** The lines of the text, without the one that ends it. */
  readonly span: Span;
}

/**
 * How the arguments were written.
 *
 * `json`: a JSON array of strings; `text`: the rest of the line is one word; `words`: split at blanks; `pairs`: `name=value`;
 * `instruction`: ONBUILD's.
 */
export type Form = "json" | "text" | "words" | "pairs" | "instruction";

export interface Instruction {
  readonly type: "instruction";
  readonly keyword: Keyword;
  /** The keyword as written. */
  readonly name: Word;
  readonly flags: readonly Flag[];
  readonly form: Form;
  /** Empty for `pairs` and `instruction`. The first word of HEALTHCHECK is its type. */
  readonly words: readonly Word[];
  readonly pairs: readonly Pair[];
  /** What follows the flags, with continuations joined. */
  readonly argument: Word;
  readonly heredocs: readonly Heredoc[];
  /** ONBUILD's instruction. */
  readonly trigger?: Instruction;
  /** The comments right above, without `#`; an empty comment line begins anew. */
  readonly comments: readonly string[];
  /** The instruction in one line: continuations joined, comments within it left out. */
  readonly line: string;
  /** Offsets of empty lines within the continuation. */
  readonly emptyLines: readonly number[];
  /** The text with its comments and heredocs, up to the last line break. */
  readonly text: string;
  readonly span: Span;
}

/** Tells instructions from the other parts. */
export function isInstruction(part: Part): part is Instruction {
  return part.type === "instruction";
}

/** The text of a tree: for one that was parsed, the text it was parsed from. */
export function printTree(tree: Pick<DockerfileTree, "parts">): string {
  return tree.parts.map((part) => part.text).join("");
}
