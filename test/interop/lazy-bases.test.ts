import { join } from "node:path";
import { openImageFile, readFileChunks, readTar, writeTar } from "@strake/oci";
import { type RegistryServer, sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: RegistryServer;

beforeEach(async () => {
  server = await startRegistryServer();
  await server.put("base", "1", sampleImage([await passwdLayer()]));
});

afterEach(() => server.close());

/** How often blobs were read: the config, and whatever layers. */
function blobsRead(): number {
  return server.requests.filter(({ on, method }) => on === "blob" && method === "GET").length;
}

it("a plan of an image that only changes settings reads no layer of its base", async () => {
  const cwd = project({ "build.ts": definition(`.env({ A: "b" })`) });
  const home = temporaryFolder();
  const { stdout, status } = await runStrake(["plan", "--json", "--digests"], { cwd, home });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)[0].digest).toMatch(/^sha256:/);
  expect(blobsRead()).toBe(1);
});

it("a layer is read for its users when a step names one, once", async () => {
  const cwd = project({
    "build.ts": definition(`.write("/a", "x", { chown: "app" }).write("/b", "y", { chown: "app" })`),
  });
  const home = temporaryFolder();
  const { status, stderr } = await runStrake(["build", "-q", "-o", "type=tar,dest=app.tar"], { cwd, home });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(blobsRead()).toBe(2);
  const owners: (string | number)[][] = [];
  for await (const { entry } of readTar(readFileChunks(join(cwd, "app.tar")))) owners.push([entry.path, entry.uid]);
  expect(owners).toContainEqual(["a", 7]);
});

it("a second build asks the registry nothing", async () => {
  const cwd = project({ "build.ts": definition(`.env({ A: "b" })`) });
  const home = temporaryFolder();
  expect((await runStrake(["build", "-q", "-o", "type=oci,dest=app.tar"], { cwd, home })).status).toBe(0);
  const asked = server.requests.length;
  for (const command of [["build", "-q", "-o", "type=oci,dest=app.tar"], ["plan"]]) {
    expect((await runStrake(command, { cwd, home })).status).toBe(0);
  }
  expect(server.requests.length).toBe(asked);
  const [image] = (await openImageFile(join(cwd, "app.tar"))).images;
  expect(image).toBeDefined();
});

function definition(statements: string): string {
  return `import { image } from "strake";\nexport const app = image().from("${server.address}/base:1")${statements};\n`;
}

async function passwdLayer(): Promise<Uint8Array> {
  const bytes = Buffer.from("app:x:7:8::/:/bin/sh\n");
  const common = { uid: 0, gid: 0, mtime: 0 };
  const entries = [
    { path: "etc", type: "directory", mode: 0o755, size: 0, ...common },
    { path: "etc/passwd", type: "file", mode: 0o644, size: bytes.length, content: { from: "bytes", bytes }, ...common },
  ] as const;
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries, { epoch: 0 })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
