import { DaemonError } from "../daemon-error.ts";

/** A cache that a build reads or writes, as `--cache-from` and `--cache-to` say it. */
export interface CacheOption {
  /** `registry`, `local`, `inline`, `gha`, `s3`, `azblob`. */
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Reads a cache in buildx's words: `type=registry,ref=…`, or a reference alone.
 *
 * @throws DaemonError `invalid-options`
 */
export function parseCacheOption(text: string): CacheOption {
  const { type, ...attributes } = parseAttributes(text, (alone) => ({ type: "registry", ref: alone }));
  if (type === undefined) throw new DaemonError("invalid-options", `the cache "${text}" has no type=`, { hint });
  const needed: Record<string, readonly string[]> = { registry: ["ref"], local: ["src", "dest"] };
  const names = needed[type];
  if (names !== undefined && !names.some((name) => name in attributes)) {
    throw new DaemonError("invalid-options", `the cache "${text}" has no ${names.join("= or ")}=`, { hint });
  }
  return { type, attributes };
}

const hint = "Write type=registry,ref=NAME, type=local,dest=FOLDER, type=local,src=FOLDER or type=inline.";

/**
 * Reads a list of `name=value` with commas between; a value with a comma stands in quotes with its name, as in CSV.
 *
 * @param single what a text without any `=` means
 * @throws DaemonError `invalid-options`
 */
export function parseAttributes(
  text: string,
  single?: (text: string) => Readonly<Record<string, string>>,
): Record<string, string> {
  const fields = splitFields(text);
  if (single !== undefined && fields.length === 1 && !text.includes("=")) return { ...single(text) };
  return Object.fromEntries(
    fields.map((field) => {
      const equals = field.indexOf("=");
      if (equals > 0) return [field.slice(0, equals).toLowerCase().trim(), field.slice(equals + 1)];
      throw new DaemonError("invalid-options", `"${field}" in "${text}" is not name=value`);
    }),
  );
}

function splitFields(text: string): readonly string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    fields.push(found[1]?.replaceAll('""', '"') ?? (found[2] as string));
    if (found[3] === "") return fields;
  }
  throw new DaemonError("invalid-options", `a quote in "${text}" is not closed, or stands within a field`);
}
