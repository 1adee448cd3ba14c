import { connect } from "node:net";
import { BytesMessage, SSH } from "../generated/github.com/moby/buildkit/session/sshforward/ssh_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { decode, encode } from "../protobuf/message.ts";
import type { Services } from "./services.ts";
import { unary } from "./unary.ts";

/** Forwards ssh agents: sockets of this machine, by their ids. */
export function sshAgentService(agents: ReadonlyMap<string, string>): Services {
  return new Map([
    unary(SSH.checkAgent, ({ ID }) => {
      socketOf(agents, ID);
      return {};
    }),
    [
      SSH.forwardAgent.path,
      (call: ServedCall) => forward(call, socketOf(agents, call.metadata("buildkit.ssh.id")[0] ?? "")),
    ],
  ]);
}

function socketOf(agents: ReadonlyMap<string, string>, id: string): string {
  const socket = agents.get(id === "" ? "default" : id);
  if (socket === undefined) throw new GrpcError(grpcCode.notFound, `no ssh agent was given under the id "${id}"`);
  return socket;
}

async function forward(call: ServedCall, path: string): Promise<void> {
  const socket = connect(path);
  call.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  const toAgent = (async () => {
    for await (const message of call.messages) socket.write(decode(BytesMessage, message).data);
    socket.end();
  })();
  // A call that is given up breaks this side as well; the agent's side tells of it.
  toAgent.catch(() => socket.destroy());
  for await (const data of socket as AsyncIterable<Buffer>) {
    await call.send(encode(BytesMessage, { data }));
  }
}
