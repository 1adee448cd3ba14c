/** What went wrong with a daemon; stable, for programs. */
export type DaemonErrorCode =
  | "unreachable"
  | "refused"
  | "unsupported-address"
  | "not-buildkit"
  | "tls"
  | "lost"
  | "unsupported"
  | "no-platform"
  | "invalid-options";

/** A daemon that is not there, or that refuses what it is asked. */
export class DaemonError extends Error {
  override readonly name = "DaemonError";
  readonly code: DaemonErrorCode;
  /** The HTTP status of the answer, where there was one. */
  readonly status?: number;
  /** What to do about it. */
  readonly hint?: string;

  constructor(
    code: DaemonErrorCode,
    message: string,
    options: { readonly status?: number; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.status !== undefined) this.status = options.status;
    if (options.hint !== undefined) this.hint = options.hint;
  }

  /** Recognises a DaemonError of any copy of this package. */
  static is(value: unknown): value is DaemonError {
    return value instanceof Error && value.name === "DaemonError";
  }
}
