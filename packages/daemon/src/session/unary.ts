import type { Message } from "@bufbuild/protobuf";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { Handler, ServedCall } from "../grpc/grpc-server.ts";
import type { Method } from "../protobuf/fields.ts";
import { decode, encode, type Init } from "../protobuf/message.ts";

/** A call of one question and one answer, under its path. */
export function unary<I extends Message, O extends Message>(
  method: Method<I, O>,
  answer: (request: I, call: ServedCall) => Init<NoInfer<O>> | Promise<Init<NoInfer<O>>>,
): [string, Handler] {
  const handler: Handler = async (call) => {
    for await (const bytes of call.messages) {
      const message = await answer(decode(method.input, bytes), call);
      return call.send(encode(method.output, message));
    }
    throw new GrpcError(grpcCode.invalidArgument, "the call has no message");
  };
  return [method.path, handler];
}
