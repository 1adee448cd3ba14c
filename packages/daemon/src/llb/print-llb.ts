import { fromBinary, toJson } from "@bufbuild/protobuf";
import { sha256 } from "@strake/oci";
import { type Definition, OpMetadataSchema, OpSchema } from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";

/** LLB for people: operations under their digests, the last of which names the result; the form of `buildctl debug dump-llb`. */
export function printLlb(definition: Definition): string {
  const operations = definition.def.map((bytes) => {
    const digest = sha256(bytes);
    const metadata = definition.metadata[digest];
    return {
      digest,
      op: toJson(OpSchema, fromBinary(OpSchema, bytes)),
      ...(metadata === undefined ? {} : { metadata: toJson(OpMetadataSchema, metadata) }),
    };
  });
  return `${JSON.stringify(operations, undefined, 2)}\n`;
}
