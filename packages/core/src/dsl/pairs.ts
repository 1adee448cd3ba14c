import type { CallSite } from "../graph/call-site.ts";
import type { Pair } from "../graph/definition.ts";
import { notText } from "../output/not-text.ts";
import { Output, type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import { isRecord } from "./text-values.ts";

/** Names and their values: a record, or a list of pairs, in which a name may hold a variable or stand twice. */
export type Pairs = Readonly<Record<string, Text>> | readonly (readonly [name: Text, value: Text])[];

/** Build arguments of one statement: a record of names and defaults, or a list of names and of pairs. */
export type Arguments =
  | Readonly<Record<string, Text | undefined>>
  | readonly (string | readonly [name: string, value?: Text | undefined])[];

/**
 * What a node keeps of names and values.
 *
 * @throws StrakeError `invalid-text` with the name whose value is no text
 */
export function toPairs(pairs: Pairs): readonly Pair[] {
  const read = entriesOf(pairs, '{ NAME: "value" }').map(([name, value]): Pair => {
    const shown = typeof name === "string" ? name : "a name";
    if (typeof value !== "string" && !Output.is(value)) throw notText(value, `a text for ${shown}`);
    return Object.freeze<Pair>([toTextValue(name as Text), toTextValue(value as Text)]);
  });
  return Object.freeze(read);
}

/**
 * What the nodes of several build arguments keep.
 *
 * @throws StrakeError `invalid-text`, `invalid-name`
 */
export function toArguments(values: Arguments, site: CallSite): readonly { name: string; default?: Pair[1] }[] {
  const pairs = Array.isArray(values) ? values.map((each) => (typeof each === "string" ? [each] : each)) : values;
  return entriesOf(pairs, '{ NAME: "default" }').map(([name, value]) => {
    if (typeof name !== "string") throw notText(name, "the name of a build argument");
    checkName(name, "a build argument", site);
    return { name, ...(value === undefined ? {} : { default: toTextValue(value as Text) }) };
  });
}

/** @throws StrakeError `invalid-name` for what cannot be the name of a variable */
export function checkName(name: string, what: string, site: CallSite): void {
  if (name === "" || /[=\s\0]/.test(name)) {
    throw new StrakeError({ code: "invalid-name", message: `"${name}" is not the name of ${what}`, site });
  }
}

function entriesOf(values: Pairs | Arguments, example: string): readonly (readonly unknown[])[] {
  const isList = Array.isArray(values) && values.every((pair) => Array.isArray(pair));
  if (!isList && !isRecord(values)) throw notText(values, `a record of names and texts, such as ${example},`);
  return isList ? values : Object.entries(values);
}
