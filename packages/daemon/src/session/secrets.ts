import { Secrets } from "../generated/github.com/moby/buildkit/session/secrets/secrets_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { Services } from "./services.ts";
import { unary } from "./unary.ts";

/** Gives the values of secrets that steps ask for by their ids; one that is not there may be optional. */
export function secretsService(secrets: ReadonlyMap<string, Uint8Array>): Services {
  return new Map([
    unary(Secrets.getSecret, ({ ID }) => {
      const data = secrets.get(ID);
      if (data === undefined) throw new GrpcError(grpcCode.notFound, `secret ${ID} not found`);
      return { data };
    }),
  ]);
}
