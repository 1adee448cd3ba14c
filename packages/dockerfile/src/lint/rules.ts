import { type BuildCheckName, buildCheckRules } from "./build-check-rules.ts";
import { type ImageRuleName, imageRules } from "./image-rules.ts";
import { type PackageRuleName, packageRules } from "./package-rules.ts";
import type { Rule } from "./rule.ts";

/** The name of a rule. */
export type RuleName = BuildCheckName | ImageRuleName | PackageRuleName;

/** The rules by name. */
export const rules: Readonly<Record<RuleName, Rule>> = { ...buildCheckRules, ...imageRules, ...packageRules };

/** Tells whether a rule is one of BuildKit's build checks. */
export function isBuildCheck(rule: string): boolean {
  return Object.hasOwn(buildCheckRules, rule);
}
