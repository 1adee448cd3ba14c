import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderState } from "../support/folder-state.ts";
import { siteProject } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("writes nothing, whether or not there is a store", async () => {
  const cwd = siteProject();
  const before = folderState(cwd);
  const missing = join(temporaryFolder(), "home");
  expect((await runStrake(["plan"], { cwd, home: missing })).status).toBe(0);
  expect((await runStrake(["plan", "--digests", "--json"], { cwd, home: missing })).status).toBe(0);
  expect(existsSync(missing)).toBe(false);
  const home = temporaryFolder();
  await runStrake(["build"], { cwd, home });
  const kept = folderState(home);
  appendFileSync(join(cwd, "site/index.html"), "more");
  for (const flags of [[], ["--json"], ["--digests"], ["--no-cache"]])
    await runStrake(["plan", ...flags], { cwd, home });
  await runStrake(["print", "--to", "plan"], { cwd, home });
  await runStrake(["graph"], { cwd, home });
  expect(folderState(home)).toEqual(kept);
  writeFileSync(join(cwd, "site/index.html"), "<h1>Hello</h1>\n");
  expect(folderState(cwd).map(withoutTimes)).toEqual(before.map(withoutTimes));
});

it("tells before the build what the build then makes", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  const [planned] = JSON.parse((await runStrake(["plan", "--json", "--digests"], { cwd, home })).stdout);
  await runStrake(["build", "-o", "type=oci,tar=false,dest=layout", "--iidfile", "iid"], { cwd, home });
  const [top] = JSON.parse(readFileSync(join(cwd, "layout/index.json"), "utf8")).manifests;
  const manifest = readBlob(cwd, top.digest);
  const config = readBlob(cwd, manifest.config.digest);
  expect(planned.id).toBe(readFileSync(join(cwd, "iid"), "utf8"));
  expect(planned.id).toBe(manifest.config.digest);
  expect(planned.digest).toBe(top.digest);
  expect(planned.layers.map((layer: { diffId: string }) => layer.diffId)).toEqual(config.rootfs.diff_ids);
  const packed = planned.layers.map(({ digest, size }: { digest: string; size: number }) => ({ digest, size }));
  expect(packed).toEqual(
    manifest.layers.map(({ digest, size }: { digest: string; size: number }) => ({ digest, size })),
  );
});

it("says of every step whether it is there, and file by file why not", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  expect((await runStrake(["plan"], { cwd, home })).stdout).toMatch(
    /build {3}COPY site\/ \/srv\/ {2}build.ts:4 .*\n.*not built here before/,
  );
  await runStrake(["build"], { cwd, home });
  const unchanged = await runStrake(["plan"], { cwd, home });
  expect(unchanged.stdout.match(/CACHED/g)).toHaveLength(2);
  appendFileSync(join(cwd, "site/index.html"), "more");
  writeFileSync(join(cwd, "site/new.txt"), "new");
  rmSync(join(cwd, "site/style.css"));
  chmodSync(join(cwd, "site/start.sh"), 0o644);
  const { stdout } = await runStrake(["plan"], { cwd, home });
  expect(stdout).toContain("~ index.html (content)");
  expect(stdout).toContain("+ new.txt");
  expect(stdout).toContain("- style.css");
  expect(stdout).toContain("~ start.sh (mode)");
  const [planned] = JSON.parse((await runStrake(["plan", "--json"], { cwd, home })).stdout);
  expect(planned.steps[0]).toMatchObject({ cached: false, line: "build.ts:4" });
  expect(planned.steps[0].reasons).toContainEqual({ kind: "file", change: "added", path: "new.txt" });
});

it("says which argument of a step has changed", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  await runStrake(["build"], { cwd, home });
  const file = join(cwd, "build.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace('"/srv/")', '"/www/")'));
  expect((await runStrake(["plan"], { cwd, home })).stdout).toMatch(/\/srv\/? → .*\/www/);
});

it("is not moved by a touched file", async () => {
  const cwd = siteProject();
  const home = temporaryFolder();
  await runStrake(["build"], { cwd, home });
  writeFileSync(join(cwd, "site/index.html"), "<h1>Hello</h1>\n");
  expect((await runStrake(["plan"], { cwd, home })).stdout.match(/CACHED/g)).toHaveLength(2);
});

function readBlob(cwd: string, digest: string) {
  return JSON.parse(readFileSync(join(cwd, "layout/blobs", digest.replace(":", "/")), "utf8"));
}

function withoutTimes(line: string): string {
  return line.replace(/ [\d.]+ (\S+)$/, " $1");
}
