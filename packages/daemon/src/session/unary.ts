import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { Handler, ServedCall } from "../grpc/grpc-server.ts";

/** A call of one question and one answer, under its path. */
export function unary<M extends DescMethodUnary>(
  method: M,
  answer: (
    request: MessageShape<M["input"]>,
    call: ServedCall,
  ) => MessageInitShape<M["output"]> | Promise<MessageInitShape<M["output"]>>,
): [string, Handler] {
  const handler: Handler = async (call) => {
    for await (const bytes of call.messages) {
      const request = fromBinary(method.input, bytes) as MessageShape<M["input"]>;
      const message = create(method.output, (await answer(request, call)) as MessageInitShape<M["output"]>);
      return call.send(toBinary(method.output, message));
    }
    throw new GrpcError(grpcCode.invalidArgument, "the call has no message");
  };
  return [`/${method.parent.typeName}/${method.name}`, handler];
}
