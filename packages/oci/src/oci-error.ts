/** What went wrong with a document, a name or bytes; stable, for programs. */
export type OciErrorCode =
  | "invalid-reference"
  | "invalid-digest"
  | "invalid-platform"
  | "invalid-document"
  | "invalid-tar"
  | "unsafe-path"
  | "invalid-compression"
  | "unsupported-compression"
  | "digest-mismatch"
  | "size-mismatch"
  | "not-found"
  | "no-matching-platform"
  | "invalid-layout";

/** A name, document or byte stream that is not what it claims to be. */
export class OciError extends Error {
  override readonly name = "OciError";
  readonly code: OciErrorCode;

  constructor(code: OciErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Recognises an OciError of any copy of this package. */
  static is(value: unknown): value is OciError {
    return value instanceof Error && value.name === "OciError";
  }
}
