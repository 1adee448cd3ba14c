import { DaemonError } from "../daemon-error.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";

/** Tells a failure of the daemon itself from a failure of what it was asked, which stays a GrpcError. */
export function daemonFailure(
  error: unknown,
  daemon: { readonly name: string; readonly lost: Error | undefined },
): unknown {
  if (!GrpcError.is(error)) return error;
  if (DaemonError.is(daemon.lost)) return daemon.lost;
  if (error.code === grpcCode.unavailable) {
    return new DaemonError("lost", `${daemon.name} broke the connection: ${error.message}`, {
      hint: "The daemon was stopped or has crashed; look at its log, and build again.",
      cause: error,
    });
  }
  if (error.code === grpcCode.unimplemented) {
    return new DaemonError("unsupported", `${daemon.name} cannot do this: ${error.message}`, {
      hint: "Its BuildKit is older than what was asked of it; update it, or build with the engine.",
      cause: error,
    });
  }
  return error;
}
