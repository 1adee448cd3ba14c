import type { CallSite } from "@strake/core";
import { isCalled } from "./rule.ts";
import { type RuleName, rules } from "./rules.ts";

/**
 * Tells whether a comment leaves a rule out at a place of a build file: `// strake-ignore: RuleName`, at its line or the
 * line above; several names stand with commas, and hadolint's codes will do.
 */
export function codeSuppressions(
  sourceOf: (file: string) => string | undefined,
): (rule: RuleName, site: CallSite) => boolean {
  const lines = new Map<string, readonly string[]>();
  return (rule, { file, line }) => {
    const text = lines.get(file) ?? (sourceOf(file) ?? "").split("\n");
    lines.set(file, text);
    const named = [text[line - 2], text[line - 1]].flatMap((each) => namesOf(each ?? ""));
    return named.some((name) => name === "all" || isCalled(rule, rules[rule], name));
  };
}

function namesOf(line: string): readonly string[] {
  const names = /\/[/*]\s*strake-ignore:\s*([\w\s,]+)/.exec(line)?.[1];
  return names?.split(/[\s,]+/) ?? [];
}
