import { type Digest, isDigest } from "../digest.ts";
import { OciError } from "../oci-error.ts";

/** A value of a JSON document together with where it stands, so that a fault can be named. */
export interface LocatedJson {
  readonly value: unknown;
  /** The path from the document's root, such as `layers[2].digest`; empty for the root. */
  readonly path: string;
  /** What the document is, such as `manifest of debian:12`. */
  readonly what: string;
}

/**
 * Parses the bytes of a JSON document that is an object.
 *
 * @param limit the most bytes that the document may have
 * @throws OciError `invalid-document`
 */
export function parseJson(bytes: Uint8Array, what: string, limit: number): LocatedJson {
  const document = parseJsonValue(bytes, what, limit);
  members(document);
  return document;
}

/** Parses the bytes of a JSON document, whatever its value is. */
export function parseJsonValue(bytes: Uint8Array, what: string, limit: number): LocatedJson {
  const root = { value: undefined, path: "", what };
  if (bytes.length > limit) throw fault(root, `has ${bytes.length} bytes; at most ${limit} are read`);
  try {
    return { ...root, value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown };
  } catch (cause) {
    throw new OciError("invalid-document", `${what}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Makes the error for a value that is not what it should be. */
export function fault(at: LocatedJson, problem: string): OciError {
  return new OciError("invalid-document", `${at.what}: ${at.path === "" ? "" : `${at.path}: `}${problem}`);
}

/** The member of an object; its value is undefined where the object lacks it or says null, which Go reads alike. */
export function member(at: LocatedJson, name: string): LocatedJson {
  const object = members(at);
  const value = Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
  return { value, path: at.path === "" ? name : `${at.path}.${name}`, what: at.what };
}

/** Reads a member that may be missing; the result is spread into the value being made. */
export function optional<Name extends string, T>(
  at: LocatedJson,
  name: Name,
  read: (at: LocatedJson) => T,
): { readonly [key in Name]?: T } {
  const found = member(at, name);
  return found.value === undefined ? {} : ({ [name]: read(found) } as { [key in Name]?: T });
}

export function readText(at: LocatedJson): string {
  if (typeof at.value !== "string") throw wrongType(at, "a string");
  return at.value;
}

export function readBoolean(at: LocatedJson): boolean {
  if (typeof at.value !== "boolean") throw wrongType(at, "true or false");
  return at.value;
}

export function readInteger(at: LocatedJson): number {
  if (!Number.isSafeInteger(at.value)) throw wrongType(at, "a whole number");
  return at.value as number;
}

/** A length in bytes. */
export function readSize(at: LocatedJson): number {
  if (!Number.isSafeInteger(at.value) || (at.value as number) < 0) {
    throw wrongType(at, "a whole number of bytes, 0 or more");
  }
  return at.value as number;
}

export function readDigest(at: LocatedJson): Digest {
  if (!isDigest(at.value)) throw wrongType(at, "a digest, sha256: and 64 hex digits");
  return at.value;
}

/** A list, each of its items read by the same function. */
export function readList<T>(at: LocatedJson, read: (at: LocatedJson) => T): readonly T[] {
  if (!Array.isArray(at.value)) throw wrongType(at, "a list");
  return at.value.map((value, index) => read({ value, path: `${at.path}[${index}]`, what: at.what }));
}

export function readTextList(at: LocatedJson): readonly string[] {
  return readList(at, readText);
}

/** An object whose names are free, such as labels. */
export function readRecord<T>(at: LocatedJson, read: (at: LocatedJson) => T): Readonly<Record<string, T>> {
  const pairs = Object.entries(members(at)).map(([name, value]) => {
    const path = `${at.path}[${JSON.stringify(name)}]`;
    return [name, read({ value, path, what: at.what })] as const;
  });
  return Object.fromEntries(pairs);
}

export function readTextRecord(at: LocatedJson): Readonly<Record<string, string>> {
  return readRecord(at, readText);
}

function members(at: LocatedJson): Readonly<Record<string, unknown>> {
  if (typeof at.value !== "object" || at.value === null || Array.isArray(at.value)) throw wrongType(at, "an object");
  return at.value as Record<string, unknown>;
}

function wrongType(at: LocatedJson, expected: string): OciError {
  if (at.value === undefined) return fault(at, `is missing; expected ${expected}`);
  return fault(at, `expected ${expected}, found ${shown(at.value)}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
