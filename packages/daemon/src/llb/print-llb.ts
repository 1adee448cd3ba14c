import { sha256 } from "@strake/oci";
import { Op, OpMetadata } from "../generated/github.com/moby/buildkit/solver/pb/ops_fields.ts";
import type { Definition } from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import { toJson } from "../protobuf/json.ts";
import { decode } from "../protobuf/message.ts";

/** LLB for people: operations under their digests, the last of which names the result; the form of `buildctl debug dump-llb`. */
export function printLlb(definition: Definition): string {
  const operations = definition.def.map((bytes) => {
    const digest = sha256(bytes);
    const metadata = definition.metadata[digest];
    return {
      digest,
      op: toJson(Op, decode(Op, bytes)),
      ...(metadata === undefined ? {} : { metadata: toJson(OpMetadata, metadata) }),
    };
  });
  return `${JSON.stringify(operations, undefined, 2)}\n`;
}
