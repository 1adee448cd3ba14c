import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openImageFile, verifyImage } from "@strake/oci";
import { expect, it } from "vitest";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { need } from "../support/need.ts";
import { imports, project, siteProject } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const digest = /sha256:[0-9a-f]{64}/;

it("writes images as docker tar, OCI tar and OCI layout, each of which verifies and has the printed id", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  for (const [output, path] of [
    ["type=docker,dest=docker.tar", "docker.tar"],
    ["type=oci,dest=oci.tar", "oci.tar"],
    ["type=oci,dest=plain.tar,compression=uncompressed", "plain.tar"],
    ["type=oci,tar=false,dest=layout", "layout"],
  ] as const) {
    const { stdout, stderr, status } = await runStrake(["build", "-o", output, "--progress", "plain"], { cwd, home });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    const { images } = await openImageFile(join(cwd, path));
    const [image] = await Promise.all(images.map((each) => each.image({ os: "linux", architecture: architecture() })));
    expect(image).toBeDefined();
    expect(await verifyImage(image!)).toEqual([]);
    expect(stdout).toBe(`web ${(await image!.manifest()).config.digest}\n`);
  }
});

it("writes the files of an image as a folder and as a tar", async () => {
  const cwd = siteProject();
  const local = await runStrake(["build", "-o", "out"], { cwd });
  expect(local.status).toBe(0);
  expect(readFileSync(join(cwd, "out/srv/index.html"), "utf8")).toBe("<h1>Hello</h1>\n");
  const tar = await runStrake(["build", "-o", "type=tar,dest=out.tar"], { cwd });
  expect(tar.status).toBe(0);
  const names = execFileSync("tar", ["-tf", join(cwd, "out.tar")], { encoding: "utf8" }).split("\n");
  expect(names).toContain("srv/start.sh");
});

it("writes nothing but the image to standard output when that is the destination", async () => {
  const cwd = siteProject();
  const piped = `"$0" "$1" build -o - | tar -tf -`;
  const { stdout, stderr } = await runProgram("sh", ["-c", piped, process.execPath, strakeBin], {
    cwd,
    env: { STRAKE_HOME: temporaryFolder() },
  });
  expect(stdout.split("\n"), stderr).toContain("srv/index.html");
});

it("writes the metadata of a Dockerfile's image as buildx does, without a target's name", async () => {
  const cwd = project({ Dockerfile: "FROM scratch\nENV a=b\n" });
  const { stdout, status } = await runStrake(["build", "-q", "-t", "web:two", "--metadata-file", "meta.json", "."], {
    cwd,
  });
  expect(status).toBe(0);
  expect(JSON.parse(readFileSync(join(cwd, "meta.json"), "utf8"))).toEqual({
    "containerimage.config.digest": stdout.trim(),
    "containerimage.digest": expect.stringMatching(/^sha256:/),
    "image.name": "docker.io/library/web:two",
    "strake.builder": "engine",
  });
});

it("writes the id and the metadata to files, and puts names, labels and annotations into the image", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  const asked = ["-t", "example.com/web:1", "-t", "web:two", "--label", "team=docs", "--annotation", "org.example=yes"];
  const files = ["--iidfile", "iid", "--metadata-file", "meta.json", "-o", "type=oci,tar=false,dest=layout"];
  const { stdout, status } = await runStrake(["build", ...asked, ...files], { cwd, home });
  expect(status).toBe(0);
  const id = readFileSync(join(cwd, "iid"), "utf8");
  expect(stdout).toBe(`web ${id}\n`);
  const index = JSON.parse(readFileSync(join(cwd, "layout/index.json"), "utf8"));
  const names = index.manifests.map((each: { annotations: Record<string, string> }) => each.annotations);
  expect(JSON.stringify(names)).toContain("example.com/web:1");
  expect(JSON.parse(readFileSync(join(cwd, "meta.json"), "utf8"))).toEqual({
    web: {
      "containerimage.config.digest": id,
      "containerimage.digest": index.manifests[0].digest,
      "image.name": "example.com/web:1,docker.io/library/web:two",
      "strake.builder": "engine",
    },
  });
  const [image] = (await openImageFile(join(cwd, "layout"))).images;
  const { config } = await (await image!.image({ os: "linux", architecture: architecture() })).config();
  expect(config?.Labels).toEqual({ team: "docs" });
  const manifest = readFileSync(join(cwd, "layout/blobs", index.manifests[0].digest.replace(":", "/")), "utf8");
  expect(JSON.parse(manifest).annotations).toEqual({ "org.example": "yes" });
});

it("gives build arguments to the images that declare them, and warns of those that nobody declares", async () => {
  const cwd = project({
    "build.ts": `${imports}import { variable } from "strake";
export const app = image().from("scratch").arg("VERSION", "1").env({ V: variable("VERSION") });\n`,
  });
  const home = temporaryFolder();
  const built = await runStrake(["build", "--build-arg", "VERSION=2", "--progress", "plain"], { cwd, home });
  expect(built.status).toBe(0);
  expect(built.stderr).not.toContain("declares");
  const { stdout } = await runStrake(["inspect", "-f", "{{json .Config.Env}}", "app"], { home });
  expect(JSON.parse(stdout)).toContain("V=2");
  const { stderr } = await runStrake(["build", "--build-arg", "VERSON=2", "--progress", "plain"], { cwd, home });
  expect(stderr).toContain("no image declares the build argument VERSON. Did you mean VERSION?\n");
});

it("warns of no build argument that an image uses, wherever that is", async () => {
  const cwd = project({
    "build.ts": `import { argument, bind, image, interpolate } from "strake";
const inner = image().from("scratch").arg("INNER").write("/a", argument("TEXT", argument("OTHER", "x")));
const merged = image().from("scratch").merge(inner);
export const app = image().from(merged).env({ V: interpolate\`v${'${argument("V", "1")}'}\` });
export const digest = image().from("scratch").env({ D: inner.digest });\n`,
  });
  const given = ["INNER", "TEXT", "OTHER", "V", "SOURCE_DATE_EPOCH"].flatMap((name) => ["--build-arg", `${name}=2`]);
  expect((await runStrake(["build", "app", ...given], { cwd })).stderr).not.toContain("declares");
  const { stderr } = await runStrake(["build", "digest", ...given], { cwd });
  expect(stderr.match(/no image declares the build argument \w+/g)).toEqual(["no image declares the build argument V"]);
});

it("writes several platforms as one OCI index, and refuses them for what holds one image", async () => {
  const cwd = siteProject();
  const platforms = ["--platform", "linux/amd64,linux/arm64"];
  const { status } = await runStrake(["build", ...platforms, "-o", "type=oci,tar=false,dest=layout"], { cwd });
  expect(status).toBe(0);
  const [top] = JSON.parse(readFileSync(join(cwd, "layout/index.json"), "utf8")).manifests;
  const index = JSON.parse(readFileSync(join(cwd, "layout/blobs", top.digest.replace(":", "/")), "utf8"));
  const offered = index.manifests.map((each: { platform: { architecture: string } }) => each.platform.architecture);
  expect(offered).toEqual(["amd64", "arm64"]);
  const refused = await runStrake(["build", ...platforms, "-o", "type=docker,dest=no.tar"], { cwd });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("several platforms");
  expect(existsSync(join(cwd, "no.tar"))).toBe(false);
});

it("shows progress as plain lines or JSON without control codes, or not at all", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  const plain = await runStrake(["build", "--progress", "plain"], { cwd, home, env: { FORCE_COLOR: "1" } });
  expect(plain.stderr).toMatch(/#\d \[web\] COPY site\/ \/srv\//);
  expect(plain.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  const json = await runStrake(["build", "--progress", "json"], { cwd, home });
  const events = json.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; cached?: boolean });
  expect(events.filter(({ type }) => type === "finished").map(({ cached }) => cached)).toEqual([true, true]);
  const raw = await runStrake(["build", "--progress=rawjson"], { cwd, home });
  const statuses = raw.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { vertexes?: { name: string; cached?: boolean }[] });
  const cached = statuses.flatMap(({ vertexes = [] }) => vertexes.filter((vertex) => vertex.cached === true));
  expect(cached.map(({ name }) => name)).toContain("[web] COPY site/ /srv/");
  const quiet = await runStrake(["build", "--progress", "quiet"], { cwd, home });
  expect(quiet.stderr).toBe("");
  expect(quiet.stdout).toMatch(new RegExp(`^${digest.source}\n$`));
});

it("says CACHED for steps that were done before", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  await runStrake(["build"], { cwd, home });
  const { stderr } = await runStrake(["build", "--progress", "plain"], { cwd, home });
  expect(stderr.match(/CACHED/g)).toHaveLength(2);
});

need(...dockerNeeds)("build --load", () => {
  it("puts the image into the Docker daemon under its name, with the id that was printed", async () => {
    const { docker, host } = await dockerDaemon();
    const cwd = siteProject();
    const home = temporaryFolder();
    const env = { DOCKER_HOST: host };
    const { stdout, stderr, status } = await runStrake(["build", "--load", "-t", "cli-load:1"], { cwd, home, env });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    const id = (await docker(["image", "inspect", "-f", "{{.Id}}", "cli-load:1"])).trim();
    expect(stdout).toBe(`web ${id}\n`);
    const other = await runStrake(["build", "-o", "type=docker,name=cli-load:2"], { cwd, home, env });
    expect({ status: other.status, stdout: other.stdout }, other.stderr).toEqual({ status: 0, stdout });
    expect((await docker(["image", "inspect", "-f", "{{.Id}}", "cli-load:2"])).trim()).toBe(id);
  });
});

function architecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
