import type { Handler } from "../grpc/grpc-server.ts";

/** What a session serves to the daemon: calls by their paths, `/package.Service/Method`. */
export type Services = ReadonlyMap<string, Handler>;
