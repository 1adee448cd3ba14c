import type { CallSite } from "@strake/core";
import { noDockerfileForm } from "./no-dockerfile-form.ts";

/** Escapes a literal for Dockerfile's shell words: nothing in it expands, ends a word or opens a quote. */
export function escapeWord(text: string): string {
  return text.replace(/[\\$"' \t]/g, "\\$&");
}

/** Escapes a literal for the inside of double quotes. */
export function escapeQuoted(text: string): string {
  return text.replace(/[\\$"]/g, "\\$&");
}

/**
 * Escapes a literal for an instruction that takes the whole rest of its line, such as WORKDIR and USER.
 *
 * Spaces are part of the value there; only what would expand or unquote is escaped.
 */
export function escapeRest(text: string): string {
  return text.replace(/[\\$"']/g, "\\$&");
}

/** Writes strings as the JSON form of an instruction. */
export function jsonForm(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/** Refuses a value with a line break, which ends an instruction whatever quotes it. */
export function oneLine(text: string, site: CallSite, what: string): string {
  if (!/[\r\n]/.test(text)) return text;
  throw noDockerfileForm(site, `a line break in ${what}`, "Write it into a file with .write(), or leave it out.");
}
