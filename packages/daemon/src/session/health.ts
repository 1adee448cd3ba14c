import {
  Health,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
} from "../generated/grpc/health/v1/health_fields.ts";
import { encode } from "../protobuf/message.ts";
import type { Services } from "./services.ts";

/** Answers that this side lives; the daemon asks every few seconds and closes a session that does not. */
export function healthService(): Services {
  const answer = encode(HealthCheckResponse, { status: HealthCheckResponse_ServingStatus.SERVING });
  return new Map([[Health.check.path, (call) => call.send(answer)]]);
}
