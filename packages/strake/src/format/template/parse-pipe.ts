import { templateError } from "./template-error.ts";
import { templateFunctions } from "./template-functions.ts";

/** Commands of which each is given what the one before came to. */
export type PipeExpression = readonly Command[];

/** A value, or a function with what it is applied to. */
export interface Command {
  readonly apply?: string;
  readonly operands: readonly Operand[];
}

/** Something that has a value. */
export type Operand =
  | { readonly constant: string | number | boolean | null }
  /** Fields of the value at hand, or of a variable; `$` is the whole. */
  | { readonly variable?: string; readonly fields: readonly string[] }
  | { readonly pipe: PipeExpression; readonly fields: readonly string[] };

/** Takes words one after another. */
export class WordReader {
  readonly template: string;
  readonly #words: string[];

  constructor(words: readonly string[], template: string) {
    this.template = template;
    this.#words = [...words];
  }

  peek(): string | undefined {
    return this.#words[0];
  }

  /** All that is left. */
  ahead(): readonly string[] {
    return this.#words;
  }

  /** @throws StrakeError `usage` where nothing is left */
  take(): string {
    const word = this.#words.shift();
    if (word === undefined) throw templateError(this.template, "is not understood: something is missing in an action");
    return word;
  }
}

/** Parses commands with pipes between them, up to the end or a closing parenthesis. @throws StrakeError `usage` */
export function parsePipe(reader: WordReader): PipeExpression {
  const commands = [parseCommand(reader)];
  while (reader.peek() === "|") {
    reader.take();
    commands.push(parseCommand(reader));
  }
  return commands;
}

function parseCommand(reader: WordReader): Command {
  const first = reader.peek() ?? "";
  const named = /^[A-Za-z_]\w*$/.test(first) && !(first in constants);
  if (named) {
    if (!Object.hasOwn(templateFunctions, first)) {
      const known = Object.keys(templateFunctions).join(", ");
      throw templateError(reader.template, `is not understood: there is no function "${first}"`, `There are ${known}.`);
    }
    reader.take();
  }
  const operands: Operand[] = [];
  for (let word = reader.peek(); word !== undefined && word !== "|" && word !== ")"; word = reader.peek()) {
    operands.push(parseOperand(reader));
  }
  if (named) return { apply: first, operands };
  if (operands.length === 0) reader.take();
  if (operands.length > 1) throw templateError(reader.template, `is not understood: "${first}" is not a function`);
  return { operands };
}

const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null };

function parseOperand(reader: WordReader): Operand {
  const word = reader.take();
  if (word === "(") {
    const pipe = parsePipe(reader);
    if (reader.take() !== ")") throw templateError(reader.template, "is not understood: a parenthesis is not closed");
    const next = reader.peek() ?? "";
    return { pipe, fields: /^(?:\.\w+)+$/.test(next) ? fieldsOf(reader.take()) : [] };
  }
  if (word === ".") return { fields: [] };
  if (/^(?:\.\w+)+$/.test(word)) return { fields: fieldsOf(word) };
  const [, variable, fields = ""] = /^(\$\w*)((?:\.\w+)*)$/.exec(word) ?? [];
  if (variable !== undefined) return { variable, fields: fieldsOf(fields) };
  if (word.startsWith('"')) return { constant: quoted(word, reader.template) };
  if (word.startsWith("`")) return { constant: word.slice(1, -1) };
  if (/^-?\d/.test(word)) return { constant: Number(word) };
  if (Object.hasOwn(constants, word)) return { constant: constants[word] as boolean | null };
  throw templateError(reader.template, `is not understood: "${word}"`);
}

function fieldsOf(text: string): readonly string[] {
  return text.split(".").filter((name) => name !== "");
}

function quoted(word: string, template: string): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    throw templateError(template, `is not understood: ${word}`);
  }
}
