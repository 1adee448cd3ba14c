import { BytesMessage, FileSend } from "../generated/github.com/moby/buildkit/session/filesync/filesync_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { decode, encode } from "../protobuf/message.ts";
import { receiveFolder } from "./receive-folder.ts";
import type { Services } from "./services.ts";

/** Where an export goes: a stream that somebody writes away, or a folder. */
export type ExportTarget =
  | { readonly type: "stream"; readonly write: (content: AsyncIterable<Uint8Array>) => Promise<void> }
  | { readonly type: "folder"; readonly path: string };

/** Takes what the daemon exports, by the number of the exporter in the request. */
export function fileSendService(targets: readonly (ExportTarget | undefined)[]): Services {
  return new Map([[FileSend.diffCopy.path, (call) => receive(call, targets)]]);
}

async function receive(call: ServedCall, targets: readonly (ExportTarget | undefined)[]): Promise<void> {
  // Daemons before 0.13 have one exporter and say no number.
  const id = Number(call.metadata("buildkit-attachable-exporter-id")[0] ?? 0);
  const target = targets[id];
  if (target === undefined) throw new GrpcError(grpcCode.notFound, `there is no export ${id}`);
  if (target.type === "folder") return receiveFolder(call, target.path);
  await target.write(contentOf(call));
  // Daemons wait for a message from this side before they take the end of the call for a success.
  await call.send(encode(BytesMessage, {}));
}

async function* contentOf(call: ServedCall): AsyncGenerator<Uint8Array> {
  for await (const message of call.messages) yield decode(BytesMessage, message).data;
}
