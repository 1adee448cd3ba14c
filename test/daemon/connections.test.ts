import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BuildkitBuilder, BuildkitClient, parseCacheOption } from "@strake/daemon";
import { imageDigest, MemoryBlobStore, verifyImage } from "@strake/oci";
import { afterEach, expect, it } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { freePort } from "../support/free-port.ts";
import { need } from "../support/need.ts";
import { registry } from "../support/registry.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { certificates } from "./certificates.ts";
import { commandPlan } from "./command-plan.ts";
import { ownBuildkitd } from "./own-buildkitd.ts";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

need(...buildkitNeeds, "busybox")("a BuildKit daemon", () => {
  it("tells of itself, of what it keeps and of its builds", async () => {
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const [worker] = await client.listWorkers();
    expect(worker?.platforms[0]).toMatchObject({ OS: "linux" });
    expect((await client.info()).buildkitVersion?.version).toMatch(/\d/);
    const { plan, options } = commandPlan("echo kept > /o");
    await new BuildkitBuilder({ client, blobs: new MemoryBlobStore() }).build(plan, options);
    expect((await client.diskUsage()).length).toBeGreaterThan(0);
    let builds = 0;
    for await (const event of client.buildHistory({ EarlyExit: true })) builds += event.record === undefined ? 0 : 1;
    expect(builds).toBeGreaterThan(0);
    client.close();
  });

  it("removes what nobody needs", async () => {
    const daemon = await ownBuildkitd();
    const client = await BuildkitClient.connect(daemon.address);
    const { plan, options } = commandPlan("echo kept > /o");
    await new BuildkitBuilder({ client, blobs: new MemoryBlobStore() }).build(plan, options);
    const removed = async () => {
      let records = 0;
      for await (const _record of client.prune({ all: true })) records++;
      return records;
    };
    // The daemon lets go of what a build has used a moment after the build.
    await expect.poll(removed).toBeGreaterThan(0);
    client.close();
  });

  it("pushes what it has built to a registry", async () => {
    const { address } = await registry();
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const { plan, options } = commandPlan("echo pushed > /o");
    const builder = new BuildkitBuilder({ client, blobs: new MemoryBlobStore(), credentials: async () => undefined });
    const output = { type: "registry", attributes: { name: `${address}/pushed:1` } };
    const response = await builder.export(plan, options, [output]);
    client.close();
    const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
    const answer = await fetch(`http://${address}/v2/pushed/manifests/1`, { headers });
    expect(answer.headers.get("docker-content-digest")).toBe(response["containerimage.digest"]);
  });

  it("is reached through a program's input and output", async () => {
    const { address } = await buildkitDaemon();
    const folder = temporaryFolder();
    // Stands for the docker of another machine: what it would start in the container is started here.
    writeFileSync(join(folder, "docker"), `#!/bin/sh\nexec buildctl --addr ${address} dial-stdio\n`);
    chmodSync(join(folder, "docker"), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
    const client = await BuildkitClient.connect("docker-container://buildkit");
    const { plan, options } = commandPlan("echo through > /o");
    await new BuildkitBuilder({ client, blobs: new MemoryBlobStore() }).build(plan, options);
    client.close();
  });

  it("keeps its cache in a folder, for a daemon that has none", async () => {
    const first = await ownBuildkitd();
    const folder = temporaryFolder();
    const { plan, options } = commandPlan("cat /proc/sys/kernel/random/uuid > /o");
    const digestAt = async (address: string) => {
      const client = await BuildkitClient.connect(address);
      const builder = new BuildkitBuilder({
        client,
        blobs: new MemoryBlobStore(),
        cacheFrom: [parseCacheOption(`type=local,src=${folder}`)],
        cacheTo: [parseCacheOption(`type=local,dest=${folder},mode=max`)],
      });
      const image = await builder.build(plan, options);
      client.close();
      return imageDigest(image);
    };
    const made = await digestAt(first.address);
    await first.stop();
    const second = await ownBuildkitd();
    expect(await digestAt(second.address)).toBe(made);
  });
});

need(
  ...buildkitNeeds,
  "busybox",
  "openssl",
)("a BuildKit daemon with TLS", () => {
  it("builds for who proves itself, and for nobody else", async () => {
    const { ca, cert, key, serverCert, serverKey, other } = await certificates();
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const lines = ["[grpc.tls]", `cert = "${serverCert}"`, `key = "${serverKey}"`, `ca = "${ca}"`];
    const read = (file: string) => readFileSync(file, "utf8");
    const tls = { ca: read(ca), cert: read(cert), key: read(key), serverName: "buildkit.test" };
    await ownBuildkitd(address, lines, { tls });
    const client = await BuildkitClient.connect(address, { tls });
    const { plan, options } = commandPlan("echo safe > /o");
    await new BuildkitBuilder({ client, blobs: new MemoryBlobStore() }).build(plan, options);
    client.close();
    const refused = { code: "tls", message: expect.stringContaining(address) };
    await expect(BuildkitClient.connect(address, { tls: { ...tls, ca: read(other) } })).rejects.toMatchObject(refused);
    await expect(BuildkitClient.connect(address, { tls: { ...tls, serverName: "x.test" } })).rejects.toMatchObject(
      refused,
    );
    await expect(BuildkitClient.connect(address)).rejects.toMatchObject({ code: "not-buildkit" });
    await expect(
      BuildkitClient.connect(address, { tls: { ca: tls.ca, serverName: tls.serverName } }),
    ).rejects.toMatchObject(refused);
  });
});

need(...dockerNeeds, "busybox")("the BuildKit in a Docker Engine", () => {
  it("builds, and says what it cannot do", async () => {
    const docker = await dockerDaemon();
    const client = await BuildkitClient.connect(docker.host, { daemon: "docker" });
    const allow = new Set(["network.host"] as const);
    const { plan, options } = commandPlan("echo here > /o", { network: "host" });
    const builder = new BuildkitBuilder({ client, blobs: new MemoryBlobStore() });
    const files = temporaryFolder();
    const target = { type: "folder", path: files } as const;
    await builder.export(plan, { ...options, allow }, [{ type: "local", target }]);
    expect(readFileSync(join(files, "o"), "utf8")).toBe("here\n");
    const output = { type: "image", attributes: { name: "made:1" } };
    if ((await docker.docker(["version", "--format", "{{.Server.Version}}"])).startsWith("20.")) {
      const refused = { code: "unsupported", message: expect.stringContaining("older than 0.11") };
      // What stays with the engine would have no config; what comes back is given it here.
      const image = await builder.build(plan, { ...options, allow });
      expect(await verifyImage(image)).toEqual([]);
      expect((await image.config()).config?.Env).toEqual(["PATH=/bin"]);
      await expect(builder.export(plan, { ...options, allow }, [output])).rejects.toMatchObject(refused);
    } else {
      await builder.export(plan, { ...options, allow }, [output]);
      const listed = await docker.docker(["image", "inspect", "--format", "{{json .Config.Env}}", "made:1"]);
      expect(JSON.parse(listed)).toEqual(["PATH=/bin"]);
    }
    client.close();
  });
});
