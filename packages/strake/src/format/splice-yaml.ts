import { type Document, isMap, isScalar, type Pair, type Scalar, stringify, type YAMLMap } from "yaml";
import { withValue } from "./with-value.ts";

/**
 * Sets or removes a value by changing its lines only, or gives nothing where that does not come into question.
 *
 * Whether the result says what it should is for the caller to find out: comments, anchors and tags are not understood.
 */
export function spliceYaml(
  text: string,
  document: Document,
  path: readonly string[],
  value: unknown,
): string | undefined {
  if (isEmptyNode(document.contents))
    return `${text.trimEnd() === "" ? "" : `${text.trimEnd()}\n`}${print(withValue({}, path, value), 0)}\n`;
  const [key = "", ...rest] = path;
  return spliceMap(text, document.contents, key, rest, value);
}

function spliceMap(
  text: string,
  map: unknown,
  key: string,
  rest: readonly string[],
  value: unknown,
): string | undefined {
  if (!isMap(map) || map.flow === true) return undefined;
  const column = columnOf(text, map);
  const pair = map.items.find((each) => isScalar(each.key) && each.key.value === key);
  if (pair === undefined)
    return insert(text, endOf(text, map.items.at(-1)), withValue({}, [key, ...rest], value), column);
  const [next, ...further] = rest;
  if (next !== undefined) return spliceMap(text, pair.value, next, further, value);
  const [start, end] = [startOf(pair), endOf(text, pair)];
  if (value === undefined) return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end) + 1);
  const printed = print({ [key]: value }, column);
  const old = pair.value as Scalar | null;
  // A comment behind a value on one line stays where it is.
  const single = isScalar(old) && old.range && !isEmptyNode(old) && !/\n/.test(printed + text.slice(start, end));
  if (single) return text.slice(0, old.range?.[0]) + print(value, column) + text.slice(end);
  // One behind a value that gets lines of its own goes to the first of them.
  const [comment = ""] = /^[ \t]+#.*/.exec(text.slice(end)) ?? [];
  if (/:\n/.test(printed.slice(0, printed.indexOf("\n") + 1))) {
    return text.slice(0, start) + printed.replace("\n", `${comment}\n`) + text.slice(end + comment.length);
  }
  return text.slice(0, start) + printed + text.slice(end);
}

function insert(text: string, after: number, record: unknown, column: number): string {
  const end = lineEnd(text, after);
  return `${text.slice(0, end)}\n${" ".repeat(column)}${print(record, column)}${text.slice(end) || "\n"}`;
}

/** Prints a value whose first line stands at a column, without the last line feed. */
function print(value: unknown, column: number): string {
  const printed = stringify(value, { lineWidth: 0, blockQuote: "literal" }).replace(/\n+$/, "");
  return printed.replace(/\n(?!\n)/g, `\n${" ".repeat(column)}`);
}

/** Tells whether a node says nothing: no value, or a map without keys. */
export function isEmptyNode(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null) || (isMap(node) && node.items.length === 0);
}

function startOf(pair: Pair): number {
  return (pair.key as Scalar).range?.[0] ?? 0;
}

/** Where a pair ends: after the last character of its value that is no blank. */
function endOf(text: string, pair: Pair | undefined): number {
  const { key, value } = (pair ?? {}) as Pair<Scalar, Scalar | null>;
  const end = value?.range?.[1] ?? key?.range?.[1] ?? text.length;
  return text.slice(0, end).trimEnd().length;
}

function columnOf(text: string, map: YAMLMap): number {
  const first = map.items[0];
  const start = first === undefined ? 0 : startOf(first);
  return start - lineStart(text, start);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}
