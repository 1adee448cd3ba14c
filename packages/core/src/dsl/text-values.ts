import { parsePlatform, parseReference } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { Defined, Definition } from "../graph/definition.ts";
import type { TextValue } from "../output/expression.ts";
import { notText, unsetVariable } from "../output/not-text.ts";
import { Output, type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";

// These look at what types have refused already, because nothing checks the types of a build file before it is run.

/**
 * What a node keeps of a record of names and texts.
 *
 * @throws StrakeError `invalid-text` with the name whose value is no text
 */
export function textValues(values: Readonly<Record<string, Text>>): Readonly<Record<string, TextValue>> {
  if (!isRecord(values)) throw notText(values, 'a record of names and texts, such as { NAME: "value" },');
  const entries = Object.entries(values).map(([name, text]): [string, TextValue] => {
    if (typeof text !== "string" && !Output.is(text)) throw notText(text, `a text for ${name}`);
    return [name, toTextValue(text)];
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** @throws StrakeError `invalid-text` for what is no list */
export function checkList(value: unknown, example: string): void {
  if (!Array.isArray(value)) throw notText(value, `a list, such as ${example},`);
}

/** @throws StrakeError `invalid-text` for values that are no strings */
export function checkStrings(values: readonly unknown[]): void {
  for (const value of values) if (typeof value !== "string") throw notText(value);
}

/** @throws StrakeError `invalid-reference` for what cannot name an image, before anything is built for it */
export function checkImageNames(names: readonly string[], site: CallSite): void {
  for (const name of names) {
    try {
      parseReference(name);
    } catch (error) {
      throw new StrakeError({ code: "invalid-reference", message: (error as Error).message, site, cause: error });
    }
  }
}

/** @throws StrakeError `invalid-platform` for what is not one, such as `amd64/linux/x/y` */
export function checkPlatforms(platforms: readonly string[], site: CallSite): void {
  for (const platform of platforms) {
    try {
      parsePlatform(platform);
    } catch (cause) {
      throw new StrakeError({ code: "invalid-platform", message: (cause as Error).message, site, cause });
    }
  }
}

/** @throws StrakeError `missing-value` for a method that was given nothing */
export function checkSome(method: string, what: string, values: readonly unknown[]): void {
  if (values.length > 0) return;
  throw new StrakeError({ code: "missing-value", message: `${method}() needs ${what}` });
}

/** @throws StrakeError `missing-value` for an empty text, and for what was not given */
export function checkNotEmpty(method: string, what: string, value: unknown): void {
  if (value === "") throw new StrakeError({ code: "missing-value", message: `${method}() needs ${what}, not ""` });
  checkGiven(method, what, value);
}

/** @throws StrakeError `missing-value` for an argument that was not given, or is undefined */
export function checkGiven(method: string, what: string, value: unknown): void {
  if (value !== undefined) return;
  throw new StrakeError({
    code: "missing-value",
    message: `${method}() needs ${what}, not undefined`,
    notes: [unsetVariable],
  });
}

/**
 * The definition of an image.
 *
 * @throws StrakeError `invalid-text` for what is none
 */
export function toDefinition(image: Defined): Definition {
  if (typeof image === "object" && image !== null && "definition" in image) return image.definition;
  throw notText(image, "an image");
}

/** Tells whether a value is an object of names and values. */
export function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !Output.is(value);
}
