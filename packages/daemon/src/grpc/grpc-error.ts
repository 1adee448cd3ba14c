import type { Any } from "@bufbuild/protobuf/wkt";
import { Status } from "../generated/google/rpc/status_fields.ts";
import { decode } from "../protobuf/message.ts";

/** The codes of gRPC that are told apart here. */
export const grpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call that ended with another status than 0. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  /** What else is known of the failure, in messages of BuildKit's. */
  readonly details: readonly Any[];

  constructor(code: number, message: string, details: readonly Any[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  static is(value: unknown): value is GrpcError {
    return value instanceof Error && value.name === "GrpcError";
  }
}

/** Reads the trailers of a call; undefined where the call succeeded. */
export function errorOfTrailers(trailers: Readonly<Record<string, unknown>>): GrpcError | undefined {
  const code = Number(trailers["grpc-status"] ?? grpcCode.unknown);
  if (code === grpcCode.ok) return undefined;
  const message = decodeMessage(String(trailers["grpc-message"] ?? `status ${code}`));
  const packed = trailers["grpc-status-details-bin"];
  return new GrpcError(code, message, typeof packed === "string" ? decodeDetails(packed) : []);
}

/** The trailers that tell of an error. */
export function trailersOfError(error: unknown): Record<string, string> {
  if (error === undefined) return { "grpc-status": String(grpcCode.ok) };
  const code = GrpcError.is(error) ? error.code : grpcCode.unknown;
  const message = error instanceof Error ? error.message : String(error);
  return { "grpc-status": String(code), "grpc-message": encodeURIComponent(message).replace(/%20/g, " ") };
}

function decodeDetails(packed: string): readonly Any[] {
  try {
    return decode(Status, Buffer.from(packed, "base64")).details;
  } catch {
    return [];
  }
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Only bytes that need it are escaped, and a percent sign of an old server is none of them.
    return text;
  }
}
