import { StrakeError } from "../strake-error.ts";

/**
 * The error for a value that stands where a text has to.
 *
 * Build files are run without a check of their types, so this is all that tells their author. It has no place of its
 * own: what loads a build file adds the line that the value was given at.
 */
export function notText(value: unknown, what = "a text"): StrakeError {
  return new StrakeError({
    code: "invalid-text",
    message: `${what} is expected, not ${shownValue(value)}`,
    notes: advice(value, what),
  });
}

/** The note for a value that is undefined, which most often comes from the environment. */
export const unsetVariable = 'A variable of the environment may not be set: write process.env.NAME ?? "…".';

/** What a value is, in words for a message. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  if (isImage(value)) return "an image";
  if (typeof value === "object") return "an object";
  return typeof value === "function" ? "a function" : `the ${typeof value} ${String(value)}`;
}

function advice(value: unknown, what: string): readonly string[] {
  if (value === undefined && what.startsWith("an image")) {
    return ["It may be defined further down, or in a file that imports this one."];
  }
  if (value === undefined) return [unsetVariable];
  if (["number", "bigint", "boolean"].includes(typeof value)) return [`Write "${String(value)}".`];
  return isImage(value) ? ["Name it by its .reference, .digest or .id."] : [];
}

function isImage(value: unknown): boolean {
  return typeof value === "object" && value !== null && "isStrakeImage" in value;
}
