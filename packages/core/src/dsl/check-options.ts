import { nearest } from "../graph/nearest.ts";
import { shownValue } from "../output/not-text.ts";
import { Output } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import { isRecord } from "./text-values.ts";

// These look at what types have refused already, because nothing checks the types of a build file before it is run.

/** What an option has to be: nothing where a value is that, else what is expected, in words. */
export type OptionCheck = (value: unknown) => string | undefined;

/** A check for each option of a method. */
export type OptionChecks<T> = { readonly [K in keyof T]-?: OptionCheck };

/**
 * The options of a method without those that are undefined, which say nothing.
 *
 * What loads a build file adds the line to the error.
 *
 * @throws StrakeError `invalid-option` for an option that there is not, and for a value that it does not take
 */
export function checkOptions<T extends object>(method: string, options: T, checks: OptionChecks<T>): T {
  const known: Readonly<Record<string, OptionCheck>> = checks;
  if (!isRecord(options)) {
    const message = `the options of ${method}() are an object, not ${shownValue(options)}`;
    throw invalid(message, [listOptions(Object.keys(known))]);
  }
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of said) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (check === undefined) throw unknownOption(method, name, Object.keys(known));
    const expected = check(value);
    if (expected === undefined) continue;
    throw invalid(`the option ${name} of ${method}() is ${expected}, not ${shownValue(value)}`);
  }
  return Object.fromEntries(said) as T;
}

/** Takes what is looked at elsewhere. */
export const anything: OptionCheck = () => undefined;

export const aString: OptionCheck = (value) => (typeof value === "string" ? undefined : "a text");

export const aText: OptionCheck = (value) => (Output.is(value) ? undefined : aString(value));

export const aTextOrNumber: OptionCheck = (value) =>
  typeof value === "number" || aText(value) === undefined ? undefined : "a text or a number";

export const stringOrStrings: OptionCheck = (value) =>
  [value].flat().every((each) => typeof each === "string") ? undefined : "a text or a list of texts";

export const yesOrNo: OptionCheck = (value) => (typeof value === "boolean" ? undefined : "true or false");

export const aCount: OptionCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : "a whole number, 0 or more";

/** Takes a mode as a number; one that was meant to be octal and is not, such as 644, would be 01204. */
export const aMode: OptionCheck = (value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 0o7777) {
    return "an octal number such as 0o644";
  }
  return decimals.has(value as number) ? `octal: 0o${value}` : undefined;
};

export const aTextOrMode: OptionCheck = (value) => {
  if (typeof value === "number") return aMode(value);
  return aText(value) === undefined ? undefined : 'an octal number such as 0o644, or a text such as "u=rwX,go=rX"';
};

export function oneOf(...values: readonly string[]): OptionCheck {
  const quoted = values.map((value) => `"${value}"`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return (value) => (values.includes(value as string) ? undefined : expected);
}

/** Numbers that nobody means as they are: read as octal, each is a usual mode. */
const decimals: ReadonlySet<number> = new Set([
  ...[600, 604, 640, 644, 660, 664, 666, 700, 711, 744, 750, 755, 770, 775, 777],
]);

function unknownOption(method: string, name: string, known: readonly string[]): StrakeError {
  const near = nearest(name, known);
  const question = near === undefined ? "" : ` (did you mean ${near}?)`;
  return invalid(`${method}() has no option ${name}${question}`, [listOptions(known)]);
}

function listOptions(known: readonly string[]): string {
  return known.length === 1 ? `Its option is ${known[0]}.` : `Its options are ${known.join(", ")}.`;
}

function invalid(message: string, notes: readonly string[] = []): StrakeError {
  return new StrakeError({ code: "invalid-option", message, notes });
}
