/** What went wrong between here and a registry; stable, for programs. */
export type RegistryErrorCode =
  /** The settings file is not what its documentation says. */
  | "invalid-settings"
  /** The registry wants a login, or refuses the one it was given. */
  | "unauthorized"
  | "not-found"
  | "too-many-requests"
  /** The registry failed by its own account: a status of 500 or above. */
  | "server-error"
  /** No connection, or one that broke. */
  | "unreachable"
  /** A connection whose other side cannot prove that it is who it should be. */
  | "untrusted-certificate"
  /** Nothing was heard for longer than is waited for. */
  | "timeout"
  /** An answer that the distribution spec does not allow. */
  | "invalid-response"
  /** Bytes that do not have the digest or the size that they were asked for by. */
  | "digest-mismatch"
  /** There is an image, and it is for another platform. */
  | "no-matching-platform"
  /** A kind of image that no current tool makes, or something that is no image. */
  | "unsupported-image";

/** What an error tells besides its message. */
export interface RegistryErrorDetails {
  /** What to do next, as one or two sentences. */
  readonly hint?: string;
  /** The status of the answer, where there was one. */
  readonly status?: number;
  /** How long the registry asks to be left alone, in milliseconds. */
  readonly retryAfter?: number;
  /** Whether the same request may well succeed when it is made again. */
  readonly temporary?: boolean;
  readonly cause?: unknown;
}

/**
 * A registry that cannot be used as it was asked for.
 *
 * The message has one form, `GET https://host/v2/…: CODE: message`, and never holds a credential.
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly code: RegistryErrorCode;
  readonly hint?: string;
  readonly status?: number;
  readonly retryAfter?: number;
  readonly temporary: boolean;

  constructor(code: RegistryErrorCode, message: string, details: RegistryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.temporary = details.temporary ?? false;
    if (details.hint !== undefined) this.hint = details.hint;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }

  /** Recognises a RegistryError of any copy of this package. */
  static is(value: unknown): value is RegistryError {
    return value instanceof Error && value.name === "RegistryError";
  }
}
