import type { Digest } from "@strake/oci/document";
import { StrakeError } from "../strake-error.ts";
import type { NameUse } from "./outside-names.ts";
import { type OutsideName, type Resolution, type ResolvedBase, resolutionKey } from "./resolution.ts";

/** Finds what an outside name stands for; with a pin, exactly that and nothing newer. */
export type FindBase = (name: OutsideName, pinned: Digest | undefined) => Promise<ResolvedBase>;

/** The digests that names were pinned to, by `resolutionKey`. */
export type Pins = ReadonlyMap<string, Digest>;

/**
 * Looks every name up, each once and all at the same time; the only look-up of a build.
 *
 * @throws StrakeError `base-not-found` with the statement that uses the name, whatever the finder threw
 */
export async function resolve(uses: readonly NameUse[], find: FindBase, pins: Pins = new Map()): Promise<Resolution> {
  const pending = new Map<string, Promise<ResolvedBase>>();
  for (const use of uses) {
    const key = resolutionKey(use.name);
    if (pending.has(key)) continue;
    pending.set(
      key,
      find(use.name, pins.get(key)).catch((cause: unknown) => {
        throw notFound(use, cause);
      }),
    );
  }
  const found = await Promise.all([...pending].map(async ([key, base]) => [key, await base] as const));
  return new Map(found);
}

function notFound(use: NameUse, cause: unknown): StrakeError {
  const hint = (cause as { hint?: string }).hint;
  const what = use.name.type === "image" ? use.name.name : use.name.path;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new StrakeError({
    code: "base-not-found",
    // What is wrong with a file begins with its name.
    message: said.startsWith(`${what} `) ? said : `cannot use ${what}: ${said}`,
    notes: [...(StrakeError.is(cause) ? cause.notes : []), ...(hint === undefined ? [] : [hint])],
    site: use.site,
    cause,
  });
}
