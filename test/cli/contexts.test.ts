import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { serveGit } from "../support/serve-git.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const files = {
  Dockerfile: "FROM scratch\nCOPY a deep/b /\nLABEL x=y\n",
  a: "1\n",
  "deep/b": "2\n",
  "deep/Dockerfile": "FROM scratch\nCOPY b /\n",
};

need("tar", "git")("strake build of a context that is fetched", () => {
  let folder: string;
  let tar: Buffer;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    folder = project(files);
    const path = `${temporaryFolder()}/context.tar`;
    await runOrThrow("tar", ["-C", folder, "-cf", path, "."]);
    tar = readFileSync(path);
    server = createServer((request, response) => {
      if (request.url === "/context.tar.gz") response.end(gzipSync(tar));
      else if (request.url === "/cut.tar") response.end(tar.subarray(0, 2000));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

  /** Builds in a folder with nothing in it; temporary files go to a folder of their own, which has to be empty again. */
  const build = async (args: readonly string[], input?: string | Uint8Array) => {
    const passing = temporaryFolder();
    const options = { cwd: project({}), env: { TMPDIR: passing }, ...(input === undefined ? {} : { input }) };
    const result = await runStrake(["build", "-q", ...args], options);
    expect(await runOrThrow("ls", ["-A", passing])).toBe("");
    return result;
  };

  const idOf = async (args: readonly string[], input?: string | Uint8Array) => {
    const { status, stdout, stderr } = await build(args, input);
    expect(status, stderr).toBe(0);
    return stdout.trim();
  };

  it("takes a tar from standard input, packed or not, and from an address", async () => {
    const id = await idOf([folder]);
    expect(await idOf(["-"], tar)).toBe(id);
    expect(await idOf(["-"], gzipSync(tar))).toBe(id);
    expect(await idOf([`${address}/context.tar.gz`])).toBe(id);
    const other = ["-f", "deep/Dockerfile"];
    const missing = await build([...other, "-"], tar);
    expect(missing.stderr).toContain('"b"');
    expect(missing.status).toBe(1);
  });

  it("takes a Dockerfile alone from standard input", async () => {
    const alone = "FROM scratch\nLABEL x=y\n";
    expect(await idOf(["-"], alone)).toBe(await idOf([project({ Dockerfile: alone })]));
  });

  it("takes a git repository, its branches and folders", async () => {
    const repository = await serveGit(folder);
    expect(await idOf([repository])).toBe(await idOf([folder]));
    expect(await idOf([`${repository}#main:deep`])).toBe(await idOf([`${folder}/deep`]));
  });

  it.each([
    ["an address that has nothing", "/none", "cannot download the context"],
    ["a tar that is cut", "/cut.tar", "tar"],
  ])("tells %s, and leaves nothing behind", async (_, path, message) => {
    const { status, stderr } = await build([`${address}${path}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });

  it("runs no build file that comes from elsewhere", async () => {
    const { status, stderr } = await build(["-f", "build.ts", "-"], tar);
    expect(status).toBe(2);
    expect(stderr).toContain("build.ts is a build file");
  });
});
