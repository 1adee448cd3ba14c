import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { OperationId } from "@strake/core";
import { type Digest, sha256 } from "@strake/oci";
import {
  type Definition,
  DefinitionSchema,
  InputSchema,
  type OpMetadata,
  OpMetadataSchema,
  OpSchema,
  SourceSchema,
  WorkerConstraintsSchema,
} from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";

/** An output of a vertex; undefined in its place is the empty file system. */
export interface LlbOutput {
  readonly digest: Digest;
  readonly index: number;
}

/** An operation of LLB but for its inputs. */
export type LlbOperation = Omit<MessageInitShape<typeof OpSchema>, "inputs" | "$typeName" | "$unknown">;

/** What rides beside an operation and is in no digest. */
export interface LlbNotes {
  /** What the step is called in progress. */
  readonly title?: string;
  readonly ignoreCache?: boolean;
  /** Features that the daemon needs to know. */
  readonly capabilities: readonly string[];
  /** The operation of the plan that it is part of. */
  readonly operation: OperationId;
  readonly resources?: MessageInitShape<typeof OpMetadataSchema>["linuxResources"];
}

/** Collects vertices: the same operation over the same inputs is one. */
export class LlbGraph {
  readonly #vertices = new Map<Digest, { readonly bytes: Uint8Array; readonly metadata: OpMetadata }>();
  /** The plan's operations by the digests of the vertices that do them. */
  readonly operations: Map<Digest, OperationId> = new Map();

  add(operation: LlbOperation, inputs: readonly LlbOutput[], notes: LlbNotes): LlbOutput {
    const bytes = encode(operation, inputs);
    const digest = sha256(bytes);
    if (!this.#vertices.has(digest)) {
      this.#vertices.set(digest, { bytes, metadata: metadataOf(notes) });
      this.operations.set(digest, notes.operation);
    }
    return { digest, index: 0 };
  }

  /** The graph as BuildKit takes it: every operation, and at the end one that names the result. */
  definition(result: LlbOutput | undefined, source: MessageInitShape<typeof SourceSchema>): Definition {
    if (result === undefined) return create(DefinitionSchema);
    const bytes = toBinary(OpSchema, create(OpSchema, { inputs: [toInput(result)] }));
    const end = [
      sha256(bytes),
      { bytes, metadata: create(OpMetadataSchema, { caps: capabilities(endNeeds) }) },
    ] as const;
    const vertices = [...this.#vertices, end];
    return create(DefinitionSchema, {
      def: vertices.map(([, vertex]) => vertex.bytes),
      metadata: sorted(Object.fromEntries(vertices.map(([digest, { metadata }]) => [digest, metadata]))),
      Source: create(SourceSchema, source),
    });
  }
}

const endNeeds = ["constraints", "platform"];

/**
 * The bytes of an operation as Go writes them: what is one of several fields comes last.
 *
 * BuildKit writes operations anew, and reports vertices by the digests of its own bytes.
 */
function encode({ op, ...rest }: LlbOperation, inputs: readonly LlbOutput[]): Uint8Array {
  const first = create(OpSchema, {
    constraints: create(WorkerConstraintsSchema),
    ...rest,
    inputs: inputs.map(toInput),
  } as MessageInitShape<typeof OpSchema>);
  const last = create(OpSchema, { op } as MessageInitShape<typeof OpSchema>);
  return Buffer.concat([toBinary(OpSchema, first), toBinary(OpSchema, last)]);
}

function metadataOf(notes: LlbNotes): OpMetadata {
  return create(OpMetadataSchema, {
    ...(notes.ignoreCache ? { ignoreCache: true } : {}),
    ...(notes.title === undefined ? {} : { description: { "llb.customname": notes.title } }),
    caps: capabilities([
      ...notes.capabilities,
      ...endNeeds,
      ...(notes.ignoreCache ? ["meta.ignorecache"] : []),
      ...(notes.title === undefined ? [] : ["meta.description"]),
    ]),
    ...(notes.resources === undefined ? {} : { linuxResources: notes.resources }),
  });
}

function capabilities(ids: readonly string[]): Record<string, boolean> {
  return sorted(Object.fromEntries(ids.map((id) => [id, true])));
}

/** A map with its keys in order: maps are written in the order that they have. */
export function sorted<V>(map: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function toInput({ digest, index }: LlbOutput): MessageInitShape<typeof InputSchema> {
  return create(InputSchema, { digest, index: BigInt(index) });
}
