import { usageError } from "../usage-error.ts";

/**
 * Reads `NAME=value` options such as `--label`; a name alone has an empty value, and the last of a name wins.
 *
 * @throws StrakeError `usage` where the name is empty
 */
export function parseKeyValues(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => splitKeyValue(option, text)).map(([key, value]) => [key, value ?? ""]));
}

/**
 * Reads `--build-arg` options: `NAME=value`, or `NAME` for the value that the environment has.
 *
 * A name that the environment does not have is left out, as docker does.
 */
export function parseBuildArgs(
  texts: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const [name, given] = splitKeyValue("--build-arg", text);
    const value = given ?? environment[name];
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/**
 * Reads `--annotation` options: `NAME=value`, or with docker's `manifest:` in front, which is what is meant anyway.
 *
 * @throws StrakeError `usage` for annotations of anything but the image's manifest
 */
export function parseAnnotations(texts: readonly string[]): Readonly<Record<string, string>> {
  const plain = texts.map((text) => {
    const [, levels, rest] = /^([a-z,[\]/-]+):([^=]+=[\s\S]*)$/.exec(text) ?? [];
    if (levels === undefined || rest === undefined) return text;
    if (levels === "manifest") return rest;
    throw usageError(`--annotation ${text}: only the manifest can have annotations`);
  });
  for (const text of plain) {
    if (!text.includes("=")) throw usageError(`--annotation ${text}: expected NAME=value`);
  }
  return parseKeyValues("--annotation", plain);
}

function splitKeyValue(option: string, text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  const name = at === -1 ? text : text.slice(0, at);
  if (name === "") throw usageError(`${option} ${text}: there is no name before the =`);
  return [name, at === -1 ? undefined : text.slice(at + 1)];
}
