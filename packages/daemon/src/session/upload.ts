import { create, toBinary } from "@bufbuild/protobuf";
import { BytesMessageSchema } from "../generated/github.com/moby/buildkit/session/upload/upload_pb.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { Services } from "./services.ts";

/** Gives streams to the daemon that it asks for by path, as it does for `http://buildkit-session/PATH`. */
export function uploadService(uploads: ReadonlyMap<string, () => AsyncIterable<Uint8Array>>): Services {
  return new Map([
    [
      "/moby.upload.v1.Upload/Pull",
      async (call) => {
        const path = call.metadata("urlpath")[0] ?? "";
        const open = uploads.get(path.replace(/^\//, ""));
        if (open === undefined) throw new GrpcError(grpcCode.notFound, `nothing is uploaded as ${path}`);
        for await (const data of open())
          await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data })));
      },
    ],
  ]);
}
