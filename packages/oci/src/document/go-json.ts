/** JSON whose objects keep their own order of members, whatever the names are; built by `struct` and `sorted`. */
export type GoJson = string | number | boolean | readonly GoJson[] | ReadonlyMap<string, GoJson>;

/** An object with its members in the order given, as Go writes a struct; undefined members are left out. */
export function struct(members: readonly (readonly [name: string, value: GoJson | undefined])[]): GoJson {
  return new Map(members.filter((pair): pair is readonly [string, GoJson] => pair[1] !== undefined));
}

/** An object with its members sorted by name, as Go writes a map. */
export function sorted<T>(record: Readonly<Record<string, T>>, print: (value: T) => GoJson): GoJson {
  const names = Object.keys(record).sort(compareCodePoints);
  return new Map(names.map((name) => [name, print(record[name] as T)]));
}

/** A map of strings, or nothing where it is empty (Go's `omitempty`). */
export function sortedText(record: Readonly<Record<string, string>> | undefined): GoJson | undefined {
  if (record === undefined || Object.keys(record).length === 0) return undefined;
  return sorted(record, (text) => text);
}

/** The value, or nothing where it is empty, zero or false (Go's `omitempty`). */
export function unlessEmpty<T extends GoJson>(value: T | null | undefined): T | undefined {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return undefined;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** Prints JSON in the bytes that Go's `json.Marshal` has; with an indent, those of `json.MarshalIndent`. */
export function printGoJson(json: GoJson, indent = ""): Uint8Array {
  return new TextEncoder().encode(print(json, indent, "\n"));
}

function print(json: GoJson, indent: string, line: string): string {
  if (typeof json === "string") return printString(json);
  if (typeof json === "number" || typeof json === "boolean") return String(json);
  const deeper = line + indent;
  if (json instanceof Map) {
    const colon = indent === "" ? ":" : ": ";
    const members = [...json].map(([name, value]) => printString(name) + colon + print(value, indent, deeper));
    return enclose("{", members, "}", indent, line);
  }
  const items = (json as readonly GoJson[]).map((item) => print(item, indent, deeper));
  return enclose("[", items, "]", indent, line);
}

function enclose(open: string, parts: readonly string[], close: string, indent: string, line: string): string {
  if (parts.length === 0) return open + close;
  if (indent === "") return open + parts.join(",") + close;
  return open + line + indent + parts.join(`,${line}${indent}`) + line + close;
}

/** Go escapes what would end a script element or a line of JavaScript, and writes U+FFFD for what is not Unicode. */
function printString(text: string): string {
  return JSON.stringify(text)
    .replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "$1\\ufffd");
}

/** The order of UTF-8 bytes, which is not that of UTF-16 code units. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  // Surrogates stand for code points above every other unit.
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
