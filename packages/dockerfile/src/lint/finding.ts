import type { CallSite } from "@strake/core";

/** How much a finding matters: an error fails the check, a warning does where the check is strict, an info never. */
export type Severity = "error" | "warning" | "info";

/** A piece of the text that is to be replaced; offsets count UTF-16 code units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Something that a rule found. */
export interface Finding {
  /** The rule's name. */
  readonly rule: string;
  /** The rule's code in hadolint, where it has one. */
  readonly alias?: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Where the rule is explained. */
  readonly url?: string;
  readonly site: CallSite;
  /** The last line of what is meant. */
  readonly endLine?: number;
  /** Changes that mend it without changing what is built. */
  readonly edits?: readonly Edit[];
}
