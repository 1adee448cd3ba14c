import type { OperationId } from "@strake/core";
import { type Digest, sha256 } from "@strake/oci";
import { Definition, Op } from "../generated/github.com/moby/buildkit/solver/pb/ops_fields.ts";
import type * as pb from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import { encode, type Init } from "../protobuf/message.ts";

/** An output of a vertex; undefined in its place is the empty file system. */
export interface LlbOutput {
  readonly digest: Digest;
  readonly index: number;
}

/** An operation of LLB but for its inputs. */
export type LlbOperation = Omit<Init<pb.Op>, "inputs" | "$typeName" | "$unknown">;

/** What rides beside an operation and is in no digest. */
export interface LlbNotes {
  /** What the step is called in progress. */
  readonly title?: string;
  readonly ignoreCache?: boolean;
  /** Features that the daemon needs to know. */
  readonly capabilities: readonly string[];
  /** The operation of the plan that it is part of. */
  readonly operation: OperationId;
  readonly resources?: Init<pb.OpMetadata>["linuxResources"];
}

/** Collects vertices: the same operation over the same inputs is one. */
export class LlbGraph {
  readonly #vertices = new Map<Digest, { readonly bytes: Uint8Array; readonly metadata: Init<pb.OpMetadata> }>();
  /** The plan's operations by the digests of the vertices that do them. */
  readonly operations: Map<Digest, OperationId> = new Map();

  add(operation: LlbOperation, inputs: readonly LlbOutput[], notes: LlbNotes): LlbOutput {
    const bytes = operationBytes(operation, inputs);
    const digest = sha256(bytes);
    if (!this.#vertices.has(digest)) {
      this.#vertices.set(digest, { bytes, metadata: metadataOf(notes) });
      this.operations.set(digest, notes.operation);
    }
    return { digest, index: 0 };
  }

  /** The bytes of the graph as BuildKit takes it: every operation, and at the end one that names the result. */
  definition(result: LlbOutput | undefined, source: Init<pb.Source>): Uint8Array {
    if (result === undefined) return encode(Definition, {});
    const bytes = encode(Op, { inputs: [toInput(result)] });
    const vertices = [
      ...this.#vertices,
      [sha256(bytes), { bytes, metadata: { caps: capabilities(endNeeds) } }] as const,
    ];
    return encode(Definition, {
      def: vertices.map(([, vertex]) => vertex.bytes),
      metadata: sorted(Object.fromEntries(vertices.map(([digest, { metadata }]) => [digest, metadata]))),
      Source: source,
    });
  }
}

const endNeeds = ["constraints", "platform"];

/**
 * The bytes of an operation as Go writes them: what is one of several fields comes last.
 *
 * BuildKit writes operations anew, and reports vertices by the digests of its own bytes.
 */
function operationBytes({ op, ...rest }: LlbOperation, inputs: readonly LlbOutput[]): Uint8Array {
  const first: Init<pb.Op> = { constraints: {}, ...rest, inputs: inputs.map(toInput) };
  const last = { op } as Init<pb.Op>;
  return Buffer.concat([encode(Op, first), encode(Op, last)]);
}

function metadataOf(notes: LlbNotes): Init<pb.OpMetadata> {
  return {
    ...(notes.ignoreCache ? { ignoreCache: true } : {}),
    ...(notes.title === undefined ? {} : { description: { "llb.customname": notes.title } }),
    caps: capabilities([
      ...notes.capabilities,
      ...endNeeds,
      ...(notes.ignoreCache ? ["meta.ignorecache"] : []),
      ...(notes.title === undefined ? [] : ["meta.description"]),
    ]),
    ...(notes.resources === undefined ? {} : { linuxResources: notes.resources }),
  };
}

function capabilities(ids: readonly string[]): Record<string, boolean> {
  return sorted(Object.fromEntries(ids.map((id) => [id, true])));
}

/** A map with its keys in order: maps are written in the order that they have. */
export function sorted<V>(map: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function toInput({ digest, index }: LlbOutput): Init<pb.Input> {
  return { digest, index: BigInt(index) };
}
