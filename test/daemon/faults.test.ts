import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { delimiter, join } from "node:path";
import type { BuildEvent } from "@strake/core";
import { BuildkitBuilder, BuildkitClient } from "@strake/daemon";
import { imageDigest, MemoryBlobStore } from "@strake/oci";
import { expect, it, onTestFinished } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { need } from "../support/need.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { commandPlan } from "./command-plan.ts";
import { ownBuildkitd } from "./own-buildkitd.ts";

/** Has this test's programs found there. */
function usePath(path: string): void {
  const before = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  process.env.PATH = path;
}

const builderOf = (client: BuildkitClient) => new BuildkitBuilder({ client, blobs: new MemoryBlobStore() });

it("a daemon that is not there is named, with what to do", async () => {
  const address = `unix://${join(temporaryFolder(), "none.sock")}`;
  await expect(BuildkitClient.connect(address)).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining(address),
    hint: expect.stringContaining("start the daemon"),
  });
});

it("a server of another kind is told from BuildKit", async () => {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(BuildkitClient.connect(address)).rejects.toMatchObject({ code: "not-buildkit" });
  await expect(BuildkitClient.connect(address, { daemon: "docker" })).rejects.toMatchObject({ code: "not-buildkit" });
  server.close();
});

it("a server that says nothing is not waited for", async () => {
  const server = createTcpServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const daemon of ["buildkit", "docker"] as const) {
    await expect(BuildkitClient.connect(address, { daemon, timeout: 200 })).rejects.toMatchObject({
      code: "unreachable",
      message: `${address} takes connections, and has not answered in 0.2 seconds`,
    });
  }
  const interruption = new AbortController();
  const asked = BuildkitClient.connect(address, { daemon: "docker", signal: interruption.signal });
  setImmediate(() => interruption.abort(new Error("interrupted")));
  await expect(asked).rejects.toThrow("interrupted");
  server.close();
});

it("a server that does not speak HTTP/1 is told from a Docker Engine", async () => {
  const server = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(BuildkitClient.connect(address, { daemon: "docker" })).rejects.toMatchObject({
    code: "not-buildkit",
    message: expect.stringContaining(`what answers at ${address} is not a Docker Engine`),
  });
  server.close();
});

it("a program that is not installed is named", async () => {
  usePath(temporaryFolder());
  await expect(BuildkitClient.connect("podman-container://nobody")).rejects.toMatchObject({
    code: "unreachable",
    message: "no daemon answers at podman-container://nobody: there is no program podman here",
  });
});

it("what kubectl logs about itself is left out of why there is no daemon", async () => {
  const folder = temporaryFolder();
  const log = `E1121 20:51:47.507991   20392 memcache.go:265] "Unhandled Error" err="connection refused"`;
  writeFileSync(join(folder, "kubectl"), `#!/bin/sh\necho '${log}' >&2\necho 'the server was refused' >&2\nexit 1\n`);
  chmodSync(join(folder, "kubectl"), 0o755);
  usePath(`${folder}${delimiter}${process.env.PATH}`);
  await expect(BuildkitClient.connect("kube-pod://builder")).rejects.toMatchObject({
    message: "no daemon answers at kube-pod://builder: the server was refused",
  });
});

it("a program that does not lead to a daemon says why, also after it has stopped listening", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "docker"), "#!/bin/sh\nexec 0<&-\nsleep 0.3\necho 'no such container' >&2\nexit 1\n");
  chmodSync(join(folder, "docker"), 0o755);
  usePath(`${folder}${delimiter}${process.env.PATH}`);
  await expect(BuildkitClient.connect("docker-container://nobody")).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("no such container"),
  });
});

need(
  ...buildkitNeeds,
  ...dockerNeeds,
  "busybox",
)("a build on BuildKit that goes wrong", () => {
  it("names the line, and the last of what the command said", async () => {
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const { plan, options, step } = commandPlan("echo one; echo two >&2; exit 3");
    await expect(builderOf(client).build(plan, options)).rejects.toMatchObject({
      code: "command-failed",
      message: `${step.title} exited with 3`,
      site: step.site,
      notes: expect.arrayContaining(["  one", "  two"]),
    });
    client.close();
  });

  it("misses a secret before anything is sent, and hides one that a command prints", async () => {
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const mount = { type: "secret", id: "key", target: "/k", required: true, mode: 0o400, uid: 0, gid: 0 } as const;
    const { plan, options, step } = commandPlan(
      "busybox head -c 4 /k; busybox sleep 0.3; busybox tail -c +5 /k; exit 1",
      {},
      [mount],
    );
    await expect(builderOf(client).build(plan, options)).rejects.toMatchObject({
      code: "missing-secret",
      site: step.site,
    });
    const events: BuildEvent[] = [];
    const given = { ...options, secrets: new Map([["key", Buffer.from("opensesame")]]) };
    const progress = (event: BuildEvent) => events.push(event);
    const failed = await builderOf(client)
      .build(plan, { ...given, progress })
      .catch((error: Error) => error);
    expect(JSON.stringify([events, failed, String(failed)])).not.toContain("opensesame");
    expect(JSON.stringify(events)).toContain("***");
    client.close();
  });

  it("misses a file that a step copies", async () => {
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const { plan, options } = commandPlan("true");
    const text = JSON.stringify(plan).replaceAll(`"path":"busybox"`, `"path":"nothing"`);
    await expect(builderOf(client).build(JSON.parse(text), options)).rejects.toMatchObject({
      code: "missing-source",
      message: 'the source "nothing" is not there',
    });
    client.close();
  });

  it("has no worker of the platform, or no right to what a command wants", async () => {
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const foreign = commandPlan("true", { platform: "linux/s390x" });
    await expect(builderOf(client).build(foreign.plan, foreign.options)).rejects.toMatchObject({
      code: "no-platform",
      message: expect.stringContaining("linux/s390x"),
    });
    const wide = commandPlan("true", { security: "insecure" });
    await expect(builderOf(client).build(wide.plan, wide.options)).rejects.toMatchObject({
      code: "not-allowed",
      site: wide.step.site,
    });
    const allow = new Set(["security.insecure"] as const);
    await expect(builderOf(client).build(wide.plan, { ...wide.options, allow })).rejects.toMatchObject({
      code: "entitlement-refused",
    });
    client.close();
  });

  it("stops on the daemon when it is interrupted", async () => {
    // One of its own, on which nobody else builds.
    const client = await BuildkitClient.connect((await ownBuildkitd()).address);
    const { plan, options } = commandPlan("echo begun; sleep 300");
    const abort = new AbortController();
    const progress = (event: BuildEvent) => {
      if (event.type === "output") abort.abort(new Error("interrupted"));
    };
    const built = builderOf(client).build(plan, { ...options, progress, signal: abort.signal });
    await expect(built).rejects.toThrow("interrupted");
    await expect.poll(() => activeBuilds(client)).toBe(0);
    client.close();
  });

  it("ends with its session", async () => {
    const docker = await dockerDaemon();
    const cut = await engineThatCutsSessions(docker.socket);
    const client = await BuildkitClient.connect(cut.host, { daemon: "docker" });
    const { plan, options } = commandPlan(`echo begun-${Date.now()}; sleep 300`, { network: "none" });
    const progress = (event: BuildEvent) => {
      if (event.type === "output") cut.now();
    };
    await expect(builderOf(client).build(plan, { ...options, progress })).rejects.toMatchObject({
      code: "lost",
      message: `${cut.host} closed the session of the build`,
      hint: expect.stringContaining("build again"),
    });
    client.close();
  });

  it("of two clients at once runs an equal step once, and goes on for one when the other leaves", async () => {
    const { address } = await buildkitDaemon();
    const [one, other] = await Promise.all([BuildkitClient.connect(address), BuildkitClient.connect(address)]);
    const { plan, options } = commandPlan(`echo begun-${Date.now()}; sleep 10; cat /proc/sys/kernel/random/uuid > /o`);
    const abort = new AbortController();
    // Which of them the daemon tells first what the command says is its own matter.
    const progress = (event: BuildEvent) => {
      if (event.type === "output") abort.abort(new Error("left"));
    };
    const [left, first, second] = await Promise.allSettled([
      builderOf(one).build(plan, { ...options, progress, signal: abort.signal }),
      builderOf(other).build(plan, { ...options, progress }),
      builderOf(other).build(plan, { ...options, progress }),
    ]);
    expect(left).toMatchObject({ status: "rejected", reason: { message: "left" } });
    if (first.status === "rejected" || second.status === "rejected") throw new Error("the others did not go on");
    // What is random in the image tells that the step ran once.
    expect(await imageDigest(second.value)).toBe(await imageDigest(first.value));
    one.close();
    other.close();
  });

  it("ends with the daemon, when that dies or says nothing any more", async () => {
    const daemon = await ownBuildkitd();
    const client = await BuildkitClient.connect(daemon.address, { silence: 1000 });
    const stalled = commandPlan("echo begun; sleep 300");
    const once = (signal: "SIGKILL" | "SIGSTOP") => (event: BuildEvent) => {
      if (event.type === "output") daemon.kill(signal);
    };
    const first = builderOf(client).build(stalled.plan, { ...stalled.options, progress: once("SIGSTOP") });
    await expect(first).rejects.toMatchObject({ code: "lost", message: expect.stringContaining("said nothing") });
    daemon.kill("SIGCONT");
    const again = await BuildkitClient.connect(daemon.address);
    // Another command: the daemon may still be at the first.
    const dying = commandPlan("echo begun again; sleep 300");
    const second = builderOf(again).build(dying.plan, { ...dying.options, progress: once("SIGKILL") });
    await expect(second).rejects.toMatchObject({ code: "lost", hint: expect.stringContaining("log") });
    client.close();
    again.close();
  });
});

/** A way to an engine on which the connections for sessions break when somebody says so. */
async function engineThatCutsSessions(socket: string) {
  const sessions: Socket[] = [];
  const server = createTcpServer((near) => {
    const far = connect(socket);
    near.once("data", (chunk) => {
      if (chunk.toString("latin1").startsWith("POST /session")) sessions.push(near, far);
    });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  const path = join(temporaryFolder(), "engine.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return { host: `unix://${path}`, now: () => sessions.splice(0).map((each) => each.destroy()) };
}

async function activeBuilds(client: BuildkitClient): Promise<number> {
  let active = 0;
  for await (const event of client.buildHistory({ ActiveOnly: true, EarlyExit: true })) {
    if (event.record?.CompletedAt === undefined) active++;
  }
  return active;
}
