import type { Digest } from "@strake/oci/document";
import { StrakeError } from "../strake-error.ts";
import { sha256 } from "./sha256.ts";

/**
 * Writes a value as the one JSON text that stands for it, so that equal values have equal digests.
 *
 * As RFC 8785 has it: no white space, members sorted by the UTF-16 code units of their names, numbers and strings as
 * ECMAScript writes them. Members that are undefined are left out, and lone surrogates, which RFC 8785 refuses, are
 * written as `\udXXX` escapes.
 *
 * @throws StrakeError `not-canonical` for what has no such text: functions, symbols, big integers, NaN, infinities,
 *   undefined outside of an object, and objects that are neither plain nor arrays
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw refuse(String(value));
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? arrayJson(value) : objectJson(value);
    default:
      throw refuse(`a value of type ${typeof value}`);
  }
}

/**
 * Computes the digest that stands for a value: the sha256 of its canonical JSON.
 *
 * @throws StrakeError `not-canonical`
 */
export function digestOf(value: unknown): Digest {
  return sha256(canonicalJson(value));
}

function arrayJson(array: readonly unknown[]): string {
  let text = "[";
  // By index: forEach and map would pass over the holes of a sparse array.
  for (let at = 0; at < array.length; at++) text += (at === 0 ? "" : ",") + canonicalJson(array[at]);
  return `${text}]`;
}

function objectJson(object: object): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refuse(`an object of class ${object.constructor?.name ?? "unknown"}`);
  }
  const members = object as Readonly<Record<string, unknown>>;
  let text = "";
  // The order of `sort` without a comparison is that of UTF-16 code units.
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function refuse(what: string): StrakeError {
  return new StrakeError({ code: "not-canonical", message: `${what} cannot be written as canonical JSON` });
}
