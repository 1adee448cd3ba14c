import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, MemoryBlobStore, sha256 } from "@strake/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Content,
  WriteAction,
  WriteContentRequest,
  WriteContentResponse,
} from "../generated/github.com/containerd/containerd/api/services/content/v1/content_fields.ts";
import type * as pb from "../generated/github.com/containerd/containerd/api/services/content/v1/content_pb.ts";
import { Auth } from "../generated/github.com/moby/buildkit/session/auth/auth_fields.ts";
import { Secrets } from "../generated/github.com/moby/buildkit/session/secrets/secrets_fields.ts";
import { BytesMessage, SSH } from "../generated/github.com/moby/buildkit/session/sshforward/ssh_fields.ts";
import { GrpcClient } from "../grpc/grpc-client.ts";
import { serveGrpc } from "../grpc/grpc-server.ts";
import { decode, encode } from "../protobuf/message.ts";
import { contentService } from "./content-store.ts";
import { credentialsService } from "./credentials.ts";
import { secretsService } from "./secrets.ts";
import { sshAgentService } from "./ssh-agent.ts";
import { uploadService } from "./upload.ts";

const folder = mkdtempSync(join(tmpdir(), "strake-session-"));
const agent = createServer((socket) => socket.on("data", (data) => socket.write(`agent ${data}`)));
const blobs = new MemoryBlobStore();
const sockets: Socket[] = [];
const server = createServer((socket) => {
  sockets.push(socket);
  const services = [
    secretsService(new Map([["known", Buffer.from("value")]])),
    credentialsService(async (host) => (host === "docker.io" ? { username: "me", secret: "pass" } : undefined)),
    sshAgentService(new Map([["default", join(folder, "agent")]])),
    uploadService(
      new Map([
        [
          "tar",
          () =>
            (async function* () {
              yield Buffer.from("uploaded");
            })(),
        ],
      ]),
    ),
    contentService(new Map([["export", blobs]])),
  ];
  serveGrpc(socket, new Map(services.flatMap((service) => [...service])));
});
let client: GrpcClient;
let close: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => agent.listen(join(folder, "agent"), resolve));
  await new Promise<void>((resolve) => server.listen(join(folder, "session"), resolve));
  const session = connectHttp2("http://localhost", { path: join(folder, "session") });
  close = () => session.destroy();
  client = new GrpcClient(session, "localhost");
});

afterAll(() => {
  close();
  for (const socket of sockets) socket.destroy();
  agent.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("secrets are given by their ids, and one that is not there is not found", async () => {
  const { data } = await client.unary(Secrets.getSecret, { ID: "known" });
  expect(Buffer.from(data).toString()).toBe("value");
  await expect(client.unary(Secrets.getSecret, { ID: "other" })).rejects.toMatchObject({ code: 5 });
});

test("credentials of Docker Hub are found under its name, and unknown hosts have none", async () => {
  const credentials = (Host: string) => client.unary(Auth.credentials, { Host });
  expect(await credentials("registry-1.docker.io")).toMatchObject({ Username: "me", Secret: "pass" });
  expect(await credentials("elsewhere.test")).toMatchObject({ Username: "", Secret: "" });
});

test("what is not served is said to be unimplemented", async () => {
  await expect(client.unary(Auth.fetchToken, {})).rejects.toMatchObject({ code: 12 });
});

test("an ssh agent is spoken to in both directions", async () => {
  await client.unary(SSH.checkAgent, { ID: "default" });
  await expect(client.unary(SSH.checkAgent, { ID: "other" })).rejects.toMatchObject({ code: 5 });
  const call = client.open("/moby.sshforward.v1.SSH/ForwardAgent", { metadata: { "buildkit.ssh.id": "default" } });
  await call.send(encode(BytesMessage, { data: Buffer.from("hello") }));
  for await (const message of call.messages) {
    expect(Buffer.from(decode(BytesMessage, message).data).toString()).toBe("agent hello");
    break;
  }
  call.cancel();
});

test("uploads are read by their paths", async () => {
  const call = client.open("/moby.upload.v1.Upload/Pull", { metadata: { urlpath: "/tar" } });
  const parts: Uint8Array[] = [];
  for await (const message of call.messages) parts.push(decode(BytesMessage, message).data);
  expect(Buffer.concat(parts).toString()).toBe("uploaded");
});

test("content goes into a store and comes out of it, as much as is asked for", async () => {
  const content = Buffer.from("some content");
  const digest = sha256(content);
  await write(content, digest);
  expect(await blobs.has(digest)).toBe(true);
  const metadata = { "buildkit-attachable-store-id": "export" };
  const parts: Uint8Array[] = [];
  for await (const { data } of client.stream(Content.read, { digest, offset: 5n, size: 4n }, { metadata })) {
    parts.push(data);
  }
  expect(Buffer.concat(parts).toString()).toBe("cont");
  await expect(write(content, digest)).rejects.toMatchObject({ code: 6 });
  const other = sha256(Buffer.from("other"));
  await expect(write(content, other)).rejects.toMatchObject({ code: 3 });
  expect(await blobs.has(other)).toBe(false);
});

async function write(content: Uint8Array, expected: Digest): Promise<void> {
  const metadata = { "buildkit-attachable-store-id": "export" };
  const call = client.open("/containerd.services.content.v1.Content/Write", { metadata });
  const send = (action: pb.WriteAction, data: Uint8Array = new Uint8Array(), offset = 0) => {
    return call.send(encode(WriteContentRequest, { action, ref: "r", expected, data, offset: BigInt(offset) }));
  };
  await send(WriteAction.STAT);
  await send(WriteAction.WRITE, content.subarray(0, 4));
  await send(WriteAction.WRITE, content.subarray(4), 4);
  await send(WriteAction.COMMIT);
  call.end();
  for await (const message of call.messages) {
    const { action, digest } = decode(WriteContentResponse, message);
    if (action === WriteAction.COMMIT) expect(digest).toBe(expected);
  }
}
