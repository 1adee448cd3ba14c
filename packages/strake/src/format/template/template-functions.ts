import { printFormatted } from "./print-formatted.ts";
import { isTruthy, membersOf, printValue, Unset } from "./print-value.ts";

type TemplateFunction = (...values: unknown[]) => unknown;

const text = (value: unknown): string => printValue(value);

/** Go's own functions for templates, and those that docker adds. */
export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTruthy(value)) ?? values.at(-1),
  or: (...values) => values.find(isTruthy) ?? values.at(-1),
  not: (value) => !isTruthy(value),
  eq: (value, ...others) => others.some((other) => isEqual(value, other)),
  ne: (value, other) => !isEqual(value, other),
  lt: (value, other) => isLess(value, other),
  le: (value, other) => !isLess(other, value),
  gt: (value, other) => isLess(other, value),
  ge: (value, other) => !isLess(value, other),
  index: (value, ...keys) => keys.reduce(memberOf, value),
  slice: (value, from, to) =>
    Array.isArray(value) ? value.slice(number(from), limit(to)) : text(value).slice(number(from), limit(to)),
  len: (value) => (typeof value === "string" ? Buffer.byteLength(value) : membersOf(value).length),
  print: (...values) => printTogether(values),
  println: (...values) => `${values.map(text).join(" ")}\n`,
  printf: (format, ...values) => printFormatted(text(format), values),
  urlquery: (value) => encodeURIComponent(text(value)),
  json: (value) => JSON.stringify(value) ?? "null",
  split: (value, separator) => text(value).split(text(separator)),
  join: (value, separator) =>
    membersOf(value)
      .map(([, each]) => text(each))
      .join(text(separator)),
  title: (value) =>
    text(value).replaceAll(/(^|\s)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    value === "" ? "" : " ".repeat(number(before)) + text(value) + " ".repeat(number(after)),
  truncate: (value, length) => [...text(value)].slice(0, number(length)).join(""),
};

/** As Go's Sprint has it: a space between two of which neither is a text. */
function printTogether(values: readonly unknown[]): string {
  return values
    .map((value, at) => {
      const apart = at > 0 && typeof value !== "string" && typeof values[at - 1] !== "string";
      return `${apart ? " " : ""}${text(value)}`;
    })
    .join("");
}

function isEqual(one: unknown, other: unknown): boolean {
  const [left, right] = [one, other].map((value) => (value instanceof Unset ? value.toJSON() : (value ?? null)));
  return left === right;
}

function isLess(one: unknown, other: unknown): boolean {
  return typeof one === "number" && typeof other === "number" ? one < other : text(one) < text(other);
}

/** @throws RangeError for a place that a list has not */
function memberOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    if (typeof key === "number" && key >= 0 && key < value.length) return value[key];
    throw new RangeError(`there is no ${text(key)} in a list of ${value.length}`);
  }
  if (typeof value !== "object" || value === null) return undefined;
  // Of a map of texts, what is not there is an empty one.
  return Object.hasOwn(value, text(key)) ? (value as Record<string, unknown>)[text(key)] : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : Number(value ?? 0);
}

function limit(value: unknown): number | undefined {
  return value === undefined ? undefined : number(value);
}
