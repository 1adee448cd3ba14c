import type { Severity } from "./finding.ts";

/** A rule: what it is called, how much it matters, and what to do about what it finds. */
export interface Rule {
  readonly severity: Severity;
  /** What it is about, for lists of rules. */
  readonly about: string;
  readonly advice: string;
  /** The advice for build files, where it is another. */
  readonly codeAdvice?: string;
  /** The code in hadolint. */
  readonly alias?: string;
  /** Further codes of hadolint that it stands for. */
  readonly aliases?: readonly string[];
  /** Where it is explained. */
  readonly url?: string;
  /** It is about the text of Dockerfiles, so build files cannot break it. */
  readonly textual?: true;
  /** It counts only where the file asks for it. */
  readonly experimental?: true;
}

/** What a rule has besides its words. */
export type RuleDetails = Pick<Rule, "codeAdvice" | "alias" | "aliases" | "textual" | "experimental">;

/** A rule whose findings are mistakes, most likely. */
export function warning(about: string, advice: string, details: RuleDetails = {}): Rule {
  return { severity: "warning", about, advice, ...details };
}

/** A rule whose findings are a matter of taste, or of the image. */
export function info(about: string, advice: string, details: RuleDetails = {}): Rule {
  return { severity: "info", about, advice, ...details };
}

/** A rule whose findings fail every check. */
export function error(about: string, advice: string, details: RuleDetails = {}): Rule {
  return { severity: "error", about, advice, ...details };
}

/** Tells whether a rule is called by a name or a code of hadolint. */
export function isCalled(rule: string, { alias, aliases = [] }: Rule, name: string): boolean {
  return name === rule || name === alias || aliases.includes(name);
}
