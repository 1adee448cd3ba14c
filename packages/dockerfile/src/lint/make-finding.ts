import type { CallSite } from "@strake/core";
import type { Edit, Finding } from "./finding.ts";
import type { Rule } from "./rule.ts";
import { type RuleName, rules } from "./rules.ts";

/** What a finding is made of besides its rule. */
export interface Found {
  readonly message: string;
  readonly site: CallSite;
  readonly endLine?: number | undefined;
  readonly edits?: readonly Edit[] | undefined;
  /** Warnings are errors. */
  readonly strict?: boolean;
  /** It stands in a build file. */
  readonly code?: boolean;
}

/** Makes a finding with what its rule says. */
export function makeFinding(name: RuleName, found: Found): Finding {
  const { severity: usual, advice, codeAdvice, alias, url }: Rule = rules[name];
  const { message, site, endLine, edits, strict = false, code = false } = found;
  return {
    rule: name,
    ...(alias === undefined ? {} : { alias }),
    severity: strict && usual === "warning" ? "error" : usual,
    message,
    advice: code ? (codeAdvice ?? advice) : advice,
    ...(url === undefined ? {} : { url }),
    site,
    ...(endLine === undefined ? {} : { endLine }),
    ...(edits === undefined ? {} : { edits }),
  };
}
