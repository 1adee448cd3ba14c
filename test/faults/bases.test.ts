import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { imports, project, siteProject } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { failedBuild } from "./failed-build.ts";

const on = (base: string) => ({
  "build.ts": `${imports}export const app = image().from(${base})\n  .write("/etc/passwd", "x", { chown: "www" });\n`,
});

describe("a base in a file", () => {
  it.each(["archive", "rootfs"])("that is no tar is refused by %s() with its line", async (kind) => {
    const message = await failedBuild({ ...on(`${kind}("base.tar")`), "base.tar": "this is no tar".repeat(100) });
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
  });

  it.each(["archive", "rootfs", "ociLayout"])("that is missing is refused by %s() with its line", async (kind) => {
    const message = await failedBuild(on(`${kind}("base.tar")`));
    expect(message).toMatch(/^build\.ts:2:\d+ {2}.*base\.tar/);
  });

  it.each(["archive", "rootfs"])("that is cut off is refused by %s() with its line", async (kind) => {
    const cwd = siteProject();
    const type = kind === "archive" ? "docker" : "tar";
    await runStrake(["build", "-o", `type=${type},dest=base.tar`], { cwd });
    const file = join(cwd, "base.tar");
    truncateSync(file, Math.floor(statSync(file).size / 2 / 512) * 512 + 100);
    const message = await failedBuild({ ...on(`${kind}("base.tar")`), "base.tar": readFileSync(file) });
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
  });

  it("is refused when it is a compressed tar that is cut off", async () => {
    const cwd = project({ "root/file": Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * at * 7) % 251)) });
    execFileSync("tar", ["-C", join(cwd, "root"), "-czf", join(cwd, "base.tar.gz"), "."]);
    truncateSync(join(cwd, "base.tar.gz"), statSync(join(cwd, "base.tar.gz")).size - 200);
    const message = await failedBuild({
      ...on(`rootfs("base.tar.gz")`),
      "base.tar.gz": readFileSync(join(cwd, "base.tar.gz")),
    });
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
  });

  it("is refused when it is an image for another platform", async () => {
    const cwd = siteProject();
    const other = process.arch === "arm64" ? "linux/amd64" : "linux/arm64";
    await runStrake(["build", "--platform", other, "-o", "type=oci,tar=false,dest=base"], { cwd });
    const message = await failedBuild(on(`ociLayout("base")`), { cwd });
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
    expect(message).toContain(other);
  });

  it("is refused when a blob is not what it is called", async () => {
    const cwd = siteProject();
    await runStrake(["build", "-o", "type=oci,tar=false,dest=base"], { cwd });
    const blobs = join(cwd, "base/blobs/sha256");
    const layers = readdirSync(blobs).filter((name) => readFileSync(join(blobs, name))[0] === 0x1f);
    for (const layer of layers) appendFileSync(join(blobs, layer), "x");
    const message = await failedBuild(on(`ociLayout("base")`), { cwd });
    expect(message).toMatch(/sha256:[0-9a-f]{64}/);
    expect(message).toMatch(/^build\.ts:\d:\d+ {2}/);
  });

  it("is refused when its manifest is not what the index says", async () => {
    const cwd = siteProject();
    await runStrake(["build", "-o", "type=oci,tar=false,dest=base"], { cwd });
    const [top] = JSON.parse(readFileSync(join(cwd, "base/index.json"), "utf8")).manifests;
    const file = join(cwd, "base/blobs", top.digest.replace(":", "/"));
    copyFileSync(file, `${file}.before`);
    writeFileSync(file, readFileSync(file, "utf8").replace('"size":', '"size" :'));
    const message = await failedBuild(on(`ociLayout("base")`), { cwd });
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
    expect(message).toContain(top.digest);
  });
});

describe("an instruction that a base leaves to those that stand on it", () => {
  const standingOn = (trigger: string) => ({
    "build.ts": `${imports}const lower = image().from("scratch").onbuild(${JSON.stringify(trigger)});
export const app = image()
  .from(lower);
`,
  });

  it.each([
    ["COPY --form=x a /b", /unknown flag: --form/],
    ["COPY a.txt /b", /a\.txt/],
    ["ENV A=${B:?is needed}", /is needed/],
    ["COPY --from=not.a.registry.invalid/x /a /b", /not\.a\.registry\.invalid/],
  ])("that is wrong (%s) is refused where that is done", async (trigger, said) => {
    const message = await failedBuild(standingOn(trigger));
    expect(message).toMatch(/^build\.ts:4:4 {2}/);
    expect(message).toMatch(said);
  });
});
