import { StrakeError } from "@strake/core";

/** Writes a value with a template that was parsed before. */
export type Template = (value: unknown) => string;

type Reading = (value: unknown) => unknown;

/**
 * Parses the part of Go's templates that people give to docker's `--format`: fields (`{{.Config.Env}}`), `{{json .X}}`,
 * `{{index .Labels "name"}}`, `{{len .X}}`, `{{upper .X}}`, `{{lower .X}}`, `{{join .X ","}}` and text between them.
 *
 * `\t` and `\n` in the text become a tabulator and a line feed, as docker has it.
 *
 * @throws StrakeError `usage` for anything else
 */
export function parseGoTemplate(text: string): Template {
  const parts: Reading[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{(-)?\s*([\s\S]*?)\s*(-)?\}\}/g)) {
    parts.push(constant(text.slice(end, match.index)));
    parts.push(parseAction(match[2]!, text));
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  if (rest.includes("{{")) throw notUnderstood(text, "an action is not closed");
  parts.push(constant(rest));
  return (value) => parts.map((part) => print(part(value))).join("");
}

function constant(text: string): Reading {
  const unescaped = text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  return () => unescaped;
}

function parseAction(action: string, text: string): Reading {
  const words = action.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+/g) ?? [];
  const operands = (from: number) => words.slice(from).map((word) => parseOperand(word, text));
  if (words.length === 1) return parseOperand(words[0]!, text);
  const name = words[0] ?? "";
  const apply = functions[name];
  if (apply === undefined) throw notUnderstood(text, `"${action}"`);
  const [first, ...others] = operands(1);
  return (value) =>
    apply(
      first!(value),
      others.map((other) => other(value)),
    );
}

const functions: Readonly<Record<string, (value: unknown, others: readonly unknown[]) => unknown>> = {
  json: (value) => JSON.stringify(value) ?? "null",
  index: (value, keys) => keys.reduce((at, key) => field(at, String(key)) ?? "", value),
  len: (value) => (typeof value === "string" || Array.isArray(value) ? value.length : Object.keys(value ?? {}).length),
  upper: (value) => String(value).toUpperCase(),
  lower: (value) => String(value).toLowerCase(),
  join: (value, [separator]) => (Array.isArray(value) ? value.join(String(separator ?? "")) : value),
};

function parseOperand(word: string, text: string): Reading {
  if (word === ".") return (value) => value;
  if (/^(\.[A-Za-z_]\w*)+$/.test(word)) {
    const names = word.slice(1).split(".");
    return (value) => names.reduce((at: unknown, name) => requiredField(at, name, text), value);
  }
  if (word.startsWith('"')) return constantValue(JSON.parse(word));
  if (word.startsWith("`")) return constantValue(word.slice(1, -1));
  if (/^\d+$/.test(word)) return constantValue(Number(word));
  throw notUnderstood(text, `"${word}"`);
}

function constantValue(value: unknown): Reading {
  return () => value;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** A field that a value has not is a mistake, below something that is not there it is nothing. */
function requiredField(value: unknown, name: string, text: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && Object.hasOwn(value, name)) return field(value, name);
  const known = typeof value === "object" ? Object.keys(value) : [];
  throw new StrakeError({
    code: "usage",
    message: `the template ${JSON.stringify(text)} asks for .${name}, which is not there`,
    notes: known.length > 0 ? [`There are ${known.map((key) => `.${key}`).join(", ")}.`] : [],
  });
}

/** Values as Go prints them: lists in brackets, maps with their keys in order. */
function print(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(print).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${fields.map(([name, part]) => `${name}:${print(part)}`).join(" ")}]`;
}

function notUnderstood(text: string, what: string): StrakeError {
  return new StrakeError({
    code: "usage",
    message: `the template ${JSON.stringify(text)} is not understood: ${what}`,
    notes: ['Fields such as {{.Id}}, and {{json .Config}}, {{index .Labels "name"}}, len, upper, lower and join are.'],
  });
}
