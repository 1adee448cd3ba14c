import type { Definition } from "./definition.ts";

/**
 * The names of the build arguments that have a meaning for some images: those that `arg()` declares, and those whose
 * values `argument()` stands for, in the images that they are made from too.
 */
export function declaredArguments(definitions: readonly Definition[]): ReadonlySet<string> {
  const declared = new Set<string>();
  const seen = new Set<object>();
  // Definitions are plain data, whatever statement a value stands in.
  const waiting: unknown[] = [...definitions];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)) continue;
    seen.add(value);
    if ("kind" in value && "name" in value && (value.kind === "arg" || value.kind === "argument")) {
      declared.add(String(value.name));
    }
    waiting.push(...Object.values(value));
  }
  return declared;
}
