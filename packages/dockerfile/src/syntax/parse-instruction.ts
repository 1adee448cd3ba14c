import { nearest } from "@strake/core";
import { readJsonForm } from "./json-form.ts";
import type { LogicalLine } from "./logical-line.ts";
import { isSpace, skipSpace, trimEnd } from "./space.ts";
import { type Flag, type Form, type Instruction, type Keyword, keywords, type Pair, type Word } from "./tree.ts";
import { isBlank, type Piece, splitAtBlanks, splitFlags, splitQuoted } from "./words.ts";

/** What a joined line says; the parser adds what stands around it. */
export type Statement = Omit<Instruction, "type" | "heredocs" | "comments" | "emptyLines" | "text" | "span">;

/**
 * Takes an instruction apart that stands in a joined line from `from` on.
 *
 * @throws StrakeError `unknown-instruction`, `dockerfile-syntax`
 */
export function parseInstruction(line: LogicalLine, escapeToken: string, from = 0): Statement {
  const text = line.text;
  const start = skipSpace(text, from);
  const end = trimEnd(text);
  let nameEnd = start;
  while (nameEnd < end && !isBlank(text[nameEnd] as string)) nameEnd++;
  const name = line.word(start, Math.max(start, nameEnd));
  const keyword = name.value.toLowerCase();
  if (!isKeyword(keyword)) throw unknownInstruction(line, start, name.value);
  const { flags, rest } = splitFlags(text, nameEnd, end, escapeToken);
  const argumentStart = Math.min(skipSpace(text, rest), Math.max(end, nameEnd));
  const argumentEnd = Math.max(end, argumentStart);
  const parsed = parseArgument(line, keyword, argumentStart, argumentEnd, escapeToken);
  return {
    keyword,
    name,
    flags: flags.map((flag) => toFlag(line, flag)),
    argument: line.word(argumentStart, argumentEnd),
    line: text.slice(start, end),
    words: [],
    pairs: [],
    ...parsed,
  };
}

function isKeyword(name: string): name is Keyword {
  return (keywords as readonly string[]).includes(name);
}

function unknownInstruction(line: LogicalLine, at: number, name: string) {
  const meant = nearest(name, keywords)?.toUpperCase();
  const question = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return line.source.error(line.offset(at), "unknown-instruction", `unknown instruction: ${name}${question}`);
}

function toFlag(line: LogicalLine, piece: Piece): Flag {
  const equals = piece.value.indexOf("=");
  const name = piece.value.slice(2, equals === -1 ? undefined : equals);
  const span = line.span(piece.start, piece.end);
  return equals === -1 ? { name, span } : { name, value: piece.value.slice(equals + 1), span };
}

type Arguments = { form: Form; words?: readonly Word[]; pairs?: readonly Pair[]; trigger?: Instruction };

function parseArgument(line: LogicalLine, keyword: Keyword, from: number, to: number, escapeToken: string): Arguments {
  const toWords = (pieces: readonly Piece[]) => pieces.map((piece) => line.word(piece.start, piece.end, piece.value));
  const text = (start: number): readonly Word[] => (start < to ? [line.word(start, to)] : []);
  switch (keyword) {
    case "from":
    case "expose":
      return { form: "words", words: toWords(splitAtBlanks(line.text, from, to)) };
    case "add":
    case "copy":
    case "volume": {
      const json = jsonWords(line, from, to);
      if (json !== undefined) return { form: "json", words: toWords(json) };
      return { form: "words", words: toWords(splitAtBlanks(line.text, from, to)) };
    }
    case "run":
    case "cmd":
    case "entrypoint":
    case "shell": {
      const json = jsonWords(line, from, to);
      return json === undefined ? { form: "text", words: text(from) } : { form: "json", words: toWords(json) };
    }
    case "healthcheck": {
      let typeEnd = from;
      while (typeEnd < to && !isSpace(line.text[typeEnd])) typeEnd++;
      const start = Math.min(skipSpace(line.text, typeEnd), to);
      const type = typeEnd === from ? [] : [line.word(from, typeEnd)];
      const json = jsonWords(line, start, to);
      if (json === undefined) return { form: "text", words: [...type, ...text(start)] };
      return { form: "json", words: [...type, ...toWords(json)] };
    }
    case "env":
    case "label":
      return { form: "pairs", pairs: parsePairs(line, keyword, from, to, escapeToken) };
    case "arg":
      return { form: "words", words: toWords(splitQuoted(line.text, from, to, escapeToken)) };
    case "onbuild":
      return { form: "instruction", ...(from < to ? { trigger: parseTrigger(line, from, escapeToken) } : {}) };
    default:
      return { form: "text", words: text(from) };
  }
}

function jsonWords(line: LogicalLine, from: number, to: number): readonly Piece[] | undefined {
  const pieces = readJsonForm(line.text, from, to);
  if (pieces !== "mixed") return pieces;
  throw line.source.error(
    line.offset(from),
    "dockerfile-syntax",
    "when using JSON array syntax, arrays must be comprised of strings only",
  );
}

function parsePairs(
  line: LogicalLine,
  keyword: Keyword,
  from: number,
  to: number,
  escapeToken: string,
): readonly Pair[] {
  const words = splitQuoted(line.text, from, to, escapeToken);
  const first = words[0];
  if (first === undefined) return [];
  const fail = (at: number, message: string) => line.source.error(line.offset(at), "dockerfile-syntax", message);
  if (!first.value.includes("=")) {
    const [name, ...more] = splitAtBlanks(line.text, from, to);
    if (name === undefined || more[0] === undefined) {
      throw fail(from, `${keyword.toUpperCase()} must have two arguments`);
    }
    const value = line.text.slice(more[0].start, to);
    return [{ name: name.value, value, legacy: true, span: line.span(from, to) }];
  }
  return words.map((word): Pair => {
    const equals = word.value.indexOf("=");
    if (equals === -1) {
      throw fail(word.start, `Syntax error - can't find = in "${word.value}". Must be of the form: name=value`);
    }
    return {
      name: word.value.slice(0, equals),
      value: word.value.slice(equals + 1),
      legacy: false,
      span: line.span(word.start, word.end),
    };
  });
}

function parseTrigger(line: LogicalLine, from: number, escapeToken: string): Instruction {
  const name = /^\S*/.exec(line.text.slice(from, from + 16))?.[0].toLowerCase();
  if (name === "onbuild") {
    const message = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
    throw line.source.error(line.offset(from), "dockerfile-syntax", message);
  }
  const statement = parseInstruction(line, escapeToken, from);
  const span = line.span(from, trimEnd(line.text));
  return { type: "instruction", ...statement, heredocs: [], comments: [], emptyLines: [], text: statement.line, span };
}
