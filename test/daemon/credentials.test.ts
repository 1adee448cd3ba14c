import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Operation, operationId, type Plan } from "@strake/core";
import { BuildkitBuilder, BuildkitClient } from "@strake/daemon";
import { MemoryBlobStore } from "@strake/oci";
import { sampleImage, startRegistryServer } from "@strake/registry/server";
import { expect, it } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { runOrThrow } from "../support/run-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need(...buildkitNeeds, "tar")("a registry that wants a login", () => {
  it("gets the credentials of this side, through the daemon", async () => {
    const server = await startRegistryServer({ token: {} });
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "of a private image\n");
    await runOrThrow("tar", ["-cf", join(folder, "layer.tar"), "-C", folder, "file"]);
    const digest = await server.put("private", "1", sampleImage([readFileSync(join(folder, "layer.tar"))]));
    const reference = `${server.address}/private:1`;
    const source: Operation = { op: "source", source: { type: "image", reference, digest, platform: "linux/amd64" } };
    const image = { architecture: "amd64", os: "linux", config: {}, history: [], epoch: 0 };
    const plan: Plan = {
      version: "strake.v1",
      platform: "linux/amd64",
      operations: { [operationId(source)]: source },
      result: operationId(source),
      image,
    };
    const client = await BuildkitClient.connect((await buildkitDaemon()).address);
    const asked: string[] = [];
    const credentials = async (host: string) => {
      asked.push(host);
      return { username: "me", secret: "opensesame" };
    };
    const builder = new BuildkitBuilder({ client, blobs: new MemoryBlobStore(), credentials });
    const path = temporaryFolder();
    const outputs = [{ type: "local", target: { type: "folder", path } }] as const;
    await builder.export(plan, { locals: new Map(), steps: [] }, outputs);
    client.close();
    await server.close();
    expect(readFileSync(join(path, "file"), "utf8")).toBe("of a private image\n");
    expect(new Set(asked)).toEqual(new Set([server.address]));
    const tokens = server.requests.filter(({ path: asks }) => asks.startsWith("/token"));
    expect(tokens.length).toBeGreaterThan(0);
  });
});
