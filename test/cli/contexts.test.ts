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

const alone = "FROM scratch\nLABEL x=y\n";

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
      else if (request.url === "/Dockerfile.alone") response.end(alone);
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
    expect(await idOf(["-"], alone)).toBe(await idOf([project({ Dockerfile: alone })]));
  });

  it("takes files of its own for a Dockerfile that comes alone, and no more", async () => {
    const copying = "FROM scratch\nCOPY . /x/\n";
    // Nothing is beside a Dockerfile from standard input; one from an address is a file of the context.
    expect(await idOf(["-"], copying)).toBe(await idOf(["-f", "-", project({})], copying));
    const named = project({ context: alone, Dockerfile: alone, ".dockerignore": "*\n!context\n" });
    expect(await idOf([`${address}/Dockerfile.alone`])).toBe(await idOf([named]));
    expect(await idOf(["-f", `${address}/Dockerfile.alone`, folder])).toBe(await idOf(["-f", "-", folder], alone));
  });

  it("says where a mistake is in what came from elsewhere", async () => {
    const wrong = "FROM scratch\nRUM x\n";
    const inPipe = await build(["-"], wrong);
    expect(inPipe.stderr).toMatch(/^Dockerfile \(standard input\):2:1 {2}unknown instruction: RUM.*\n {2}2 \| RUM x$/m);
    const inOption = await build(["-f", "-", folder], wrong);
    expect(inOption.stderr).toMatch(/^Dockerfile \(standard input\):2:1 {2}unknown instruction: RUM/);
    const inRepository = await build([`${await serveGit(project({ Dockerfile: wrong }))}#main`]);
    expect(inRepository.stderr).toMatch(/^Dockerfile \(git:\/\/.*\/repo\.git#main\):2:1 {2}unknown instruction: RUM/);
    const copied = await build(["-"], "FROM scratch\nCOPY none /\n");
    expect(copied.stderr).toContain("Dockerfile (standard input):2:1");
    expect(`${inPipe.stderr}${inRepository.stderr}${copied.stderr}`).not.toContain("strake-context-");
  });

  it.each([
    [["-f", "-", "-"], "standard input cannot be the context and the Dockerfile"],
    [["-f", "Other", "-"], "standard input cannot be a Dockerfile, and -f names another"],
    [["file:///tmp/r.git"], "file:///tmp/r.git is not a folder"],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await build(args, alone);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("takes a git repository, its branches and folders", async () => {
    const repository = await serveGit(folder);
    expect(await idOf([repository])).toBe(await idOf([folder]));
    const deep = await idOf([`${folder}/deep`]);
    expect(await idOf([`${repository}#main:deep`])).toBe(deep);
    expect(await idOf([`${repository}?branch=main&subdir=../deep&submodules=false&mtime=commit`])).toBe(deep);
    const other = await build([`${repository}?checksum=0123456`]);
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining("not 0123456")]);
    const query = await build([`${repository}?form=x`]);
    expect(query.stderr).toContain('unexpected query "form"');
    const nowhere = await build([`${repository}#:none`]);
    expect(nowhere.stderr).toContain("it has no folder none");
  });

  it("leaves a repository's own folder out, unless it is asked for", async () => {
    const repository = await serveGit(project({ ...files, Dockerfile: "FROM scratch\nCOPY .gi[t]/HEAD* /\n" }));
    const layers = async (...args: string[]) => (await idOf(args)) !== (await idOf([repository]));
    expect(await layers(`${repository}?keep-git-dir=1`)).toBe(true);
    expect(await layers("--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", repository)).toBe(true);
    expect(await layers("--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=0", repository)).toBe(false);
  });

  it("calls an image as its context is called", async () => {
    const repository = await serveGit(folder);
    const plan = async (args: string[], input?: Uint8Array) =>
      (await runStrake(["plan", ...args], { cwd: project({}), ...(input === undefined ? {} : { input }) })).stdout;
    expect(await plan([repository])).toMatch(/^repo /);
    expect(await plan([`${repository}#main:deep`])).toMatch(/^deep /);
    expect(await plan([`${address}/context.tar.gz`])).toMatch(/^context /);
    expect(await plan(["-"], tar)).toMatch(/^image /);
  });

  it("takes repositories and files of the web for named contexts", async () => {
    const copying = "FROM scratch\nCOPY --from=r deep/b /\nCOPY --from=w context /w\n";
    const repository = await serveGit(folder);
    const given = ["--build-context", `r=${repository}`, "--build-context", `w=${address}/Dockerfile.alone`];
    const here = ["--build-context", `r=${folder}`, "--build-context", `w=${project({ context: alone })}`];
    expect(await idOf([...given, "-"], copying)).toBe(await idOf([...here, "-"], copying));
  });

  it("checks and describes what comes from elsewhere", async () => {
    const repository = await serveGit(project({ Dockerfile: "from scratch AS one\nENV a b\nFROM one\n" }));
    const options = { cwd: project({}) };
    const checked = await runStrake(["build", "--check", repository], options);
    expect(checked.stdout).toContain(`Dockerfile (${repository}):2`);
    expect(checked.status).toBe(1);
    const told = await runStrake(["build", "--call", "targets", repository], options);
    expect(told.stdout).toContain("one");
  });

  it("checks and converts a Dockerfile from standard input", async () => {
    const options = { cwd: project({}), input: "FROM scratch\nMAINTAINER me\n" };
    const linted = await runStrake(["lint", "--strict", "-"], options);
    expect(linted.stdout).toMatch(/^Dockerfile \(standard input\):2:1: warning: .*MaintainerDeprecated/m);
    expect(linted.status).toBe(1);
    expect((await runStrake(["lint", "--fix", "-"], options)).stderr).toContain("standard input is none");
    const converted = await runStrake(["convert", "-"], options);
    expect(converted.stdout).toContain('.from("scratch")\n  .maintainer("me");');
  });

  it("finds a Dockerfile that is written small", async () => {
    expect(await idOf([project({ dockerfile: alone })])).toBe(await idOf(["-"], alone));
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
