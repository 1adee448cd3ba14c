import { StrakeError } from "@strake/core";

/** What a notation says of the names in it. */
export interface NameRules {
  /** What has such names, such as `a bake target`. */
  readonly kind: string;
  /** The characters that a name may not have. */
  readonly refused: RegExp;
  /** Names with another meaning, and what is put in their place. */
  readonly reserved?: Readonly<Record<string, string>>;
}

/**
 * Finds a name for every target that a notation allows; characters that it does not allow become dashes.
 *
 * @throws StrakeError `duplicate-target` where two targets would get the same name
 */
export function cleanNames(targets: readonly string[], rules: NameRules): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const target of targets) {
    const clean = target.replace(rules.refused, "-") || "-";
    const name = Object.hasOwn(rules.reserved ?? {}, clean) ? (rules.reserved?.[clean] ?? clean) : clean;
    const other = [...names].find(([, taken]) => taken === name)?.[0];
    if (other !== undefined) {
      throw new StrakeError({
        code: "duplicate-target",
        message: `"${other}" and "${target}" would both be ${rules.kind} called "${name}"`,
        notes: ["Export one of them under another name, or print them one at a time."],
      });
    }
    names.set(target, name);
  }
  return names;
}
