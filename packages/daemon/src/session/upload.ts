import { BytesMessage, Upload } from "../generated/github.com/moby/buildkit/session/upload/upload_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import { encode } from "../protobuf/message.ts";
import type { Services } from "./services.ts";

/** Gives streams to the daemon that it asks for by path, as it does for `http://buildkit-session/PATH`. */
export function uploadService(uploads: ReadonlyMap<string, () => AsyncIterable<Uint8Array>>): Services {
  return new Map([
    [
      Upload.pull.path,
      async (call) => {
        const path = call.metadata("urlpath")[0] ?? "";
        const open = uploads.get(path.replace(/^\//, ""));
        if (open === undefined) throw new GrpcError(grpcCode.notFound, `nothing is uploaded as ${path}`);
        for await (const data of open()) await call.send(encode(BytesMessage, { data }));
      },
    ],
  ]);
}
