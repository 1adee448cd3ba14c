import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, type Pair, parseDocument, type Scalar, stringify, type YAMLMap } from "yaml";

/**
 * Sets one value of a YAML text, or removes it where the value is undefined; everything else stays as it was written.
 *
 * Only the lines of the value change. Where the notation does not allow that, as in `{a: 1}`, the text is printed anew,
 * with its comments and its order. Maps on the way are made where they are missing.
 *
 * @throws where something on the way is neither a map nor empty
 */
export function setYaml(text: string, path: readonly string[], value: unknown): string {
  if (/\r\n/.test(text) && !/(?<!\r)\n/.test(text)) {
    return setYaml(text.replaceAll("\r\n", "\n"), path, value).replaceAll("\n", "\r\n");
  }
  const document = parseDocument(text);
  const empty = path.findIndex((_, index) => isEmpty(document.getIn(path.slice(0, index), true)));
  if (empty > 0) return setYaml(text, path.slice(0, empty), nested(path.slice(empty), value));
  const before = document.getIn(path);
  if (isDeepStrictEqual(plain(before), value)) return text;
  const wanted = parseDocument(text);
  if (isEmpty(wanted.contents)) wanted.contents = null;
  if (value === undefined) wanted.deleteIn(path);
  else wanted.setIn(path, wanted.createNode(value));
  const spliced = splice(text, document, path, value);
  const isRight = spliced !== undefined && isDeepStrictEqual(parseDocument(spliced).toJS(), wanted.toJS());
  return isRight ? spliced : wanted.toString({ lineWidth: 0 });
}

function splice(text: string, document: Document, path: readonly string[], value: unknown): string | undefined {
  if (isEmpty(document.contents))
    return `${text.trimEnd() === "" ? "" : `${text.trimEnd()}\n`}${print(nested(path, value), 0)}\n`;
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
  if (pair === undefined) return insert(text, endOf(text, map.items.at(-1)), nested([key, ...rest], value), column);
  const [next, ...further] = rest;
  if (next !== undefined) return spliceMap(text, pair.value, next, further, value);
  const [start, end] = [startOf(pair), endOf(text, pair)];
  if (value === undefined) return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end) + 1);
  const printed = print({ [key]: value }, column);
  const old = pair.value as Scalar | null;
  // A comment behind a value on one line stays where it is.
  const single = isScalar(old) && old.range && !isEmpty(old) && !/\n/.test(printed + text.slice(start, end));
  if (single) return text.slice(0, old.range?.[0]) + print(value, column) + text.slice(end);
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

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function plain(node: unknown): unknown {
  return typeof node === "object" && node !== null && "toJSON" in node ? (node.toJSON as () => unknown)() : node;
}
