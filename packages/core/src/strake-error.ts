import type { CallSite } from "./graph/call-site.ts";

/** What a `StrakeError` is made of. */
export interface StrakeErrorOptions {
  /** A stable name of the mistake, for programs: `missing-source`, `unknown-user`. */
  readonly code: string;
  readonly message: string;
  /** The statement that is wrong. */
  readonly site?: CallSite | undefined;
  /** What to do about it, and what else helps; one line each. */
  readonly notes?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** A mistake in a definition or a build that its author can mend; a value, which a screen turns into text. */
export class StrakeError extends Error {
  override readonly name = "StrakeError";
  readonly code: string;
  readonly site?: CallSite;
  readonly notes: readonly string[];

  constructor(options: StrakeErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.notes = options.notes ?? [];
    if (options.site !== undefined) this.site = options.site;
  }

  /** Recognises a StrakeError of any copy of this package. */
  static is(value: unknown): value is StrakeError {
    return value instanceof Error && value.name === "StrakeError";
  }
}
