/** What is not set, of a kind that Go tells even then: a list, a map, a text, or something else. */
export class Unset {
  readonly kind: "list" | "map" | "text" | "pointer";

  constructor(kind: "list" | "map" | "text" | "pointer") {
    this.kind = kind;
  }

  /** JSON has one word for all of them but texts. */
  toJSON(): string | null {
    return this.kind === "text" ? "" : null;
  }
}

const unsetTexts = { list: "[]", map: "map[]", text: "", pointer: "<nil>" } as const;

/** Prints a value as Go's `%v` does: lists in brackets, maps with their keys in order. */
export function printValue(value: unknown): string {
  if (value instanceof Unset) return unsetTexts[value.kind];
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(printValue).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${fields.map(([name, part]) => `${name}:${isEmptyObject(part) ? "{}" : printValue(part)}`).join(" ")}]`;
}

/** What stands for a set's member in docker's documents has no fields, and Go prints it so. */
function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** Whether Go takes a value for true: not nothing, zero, or empty. */
export function isTruthy(value: unknown): boolean {
  if (value instanceof Unset || value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}

/** The members of a list, or of a map in the order of its keys; nothing has none, and a number counts up to it. */
export function membersOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (typeof value === "number") return Array.from({ length: value }, (_, at) => [at, at] as const);
  if (Array.isArray(value)) return value.map((each, at) => [at, each] as const);
  if (typeof value !== "object" || value === null || value instanceof Unset) return [];
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
}
