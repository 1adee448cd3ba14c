import { create, toBinary } from "@bufbuild/protobuf";
import { HealthCheckResponse_ServingStatus, HealthCheckResponseSchema } from "../generated/grpc/health/v1/health_pb.ts";
import type { Services } from "./services.ts";

/** Answers that this side lives; the daemon asks every few seconds and closes a session that does not. */
export function healthService(): Services {
  const alive = create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus.SERVING });
  const answer = toBinary(HealthCheckResponseSchema, alive);
  return new Map([["/grpc.health.v1.Health/Check", (call) => call.send(answer)]]);
}
