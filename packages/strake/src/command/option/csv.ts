import { usageError } from "../usage-error.ts";

/**
 * Reads `name=value,name=value`, as docker's options have it.
 *
 * @throws StrakeError `usage` for a part without a name or a value
 */
export function parseCsv(option: string, text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").map((part): [string, string] => {
      const at = part.indexOf("=");
      if (at > 0) return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1)];
      throw usageError(`${option} ${text}: expected NAME=VALUE, and "${part}" is not that`);
    }),
  );
}
