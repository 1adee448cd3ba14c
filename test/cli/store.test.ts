import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { project, siteProject } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("an image that was built", () => {
  const home = temporaryFolder();
  let id = "";

  beforeAll(async () => {
    const { stdout } = await runStrake(["build", "--progress", "quiet", "-t", "site:1"], { cwd: siteProject(), home });
    id = stdout.trim();
  });

  it("is in the list of images", async () => {
    const { stdout } = await runStrake(["images"], { home });
    expect(stdout).toMatch(new RegExp(`^REPOSITORY.*\nsite +1 +${id.slice(7, 19)} `));
    expect((await runStrake(["images", "-q", "--no-trunc"], { home })).stdout).toBe(`${id}\n`);
    expect((await runStrake(["images", "other"], { home })).stdout).not.toContain("site");
    const { stdout: json } = await runStrake(["images", "--format", "json"], { home });
    expect(JSON.parse(json)).toMatchObject({ Repository: "site", Tag: "1" });
  });

  it("has a history with the statements that made it", async () => {
    const { stdout } = await runStrake(["history", "--no-trunc", "site:1"], { home });
    expect(stdout).toContain('CMD ["/srv/start.sh"]');
    expect(stdout).toContain("COPY site/ /srv/");
    expect(stdout.trimEnd().split("\n").length).toBe(6);
  });

  it("can be inspected by name and by the beginning of its id", async () => {
    for (const name of ["site:1", id, id.slice(7, 15)]) {
      const [image] = JSON.parse((await runStrake(["inspect", name], { home })).stdout);
      expect(image).toMatchObject({ Id: id, RepoTags: ["site:1"], Config: { Labels: { team: "web" } } });
    }
    const missing = await runStrake(["inspect", "nothing"], { home });
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('no image "nothing"');
  });
});

describe("a root file system that is imported", () => {
  it("becomes an image that others are built from", async () => {
    const home = temporaryFolder();
    const cwd = project({
      "root/etc/passwd": "app:x:7:8::/:/bin/sh\n",
      "root/bin/tool.sh": "#!/bin/sh\n",
      "build.ts": `import { image } from "strake";
export const app = image().from("base:1").write("/data", "x", { chown: "app" });\n`,
    });
    execFileSync("tar", ["-C", join(cwd, "root"), "-czf", join(cwd, "root.tar.gz"), "."]);
    const change = ["-c", "ENV A=b", "-c", 'CMD ["/bin/tool.sh"]', "-m", "made by hand"];
    const imported = await runStrake(["import", ...change, "root.tar.gz", "base:1"], { cwd, home });
    expect(imported).toMatchObject({ status: 0, stderr: "" });
    expect(imported.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const built = await runStrake(["build", "--progress", "plain", "-o", "type=tar,dest=app.tar"], { cwd, home });
    expect(built, built.stderr).toMatchObject({ status: 0 });
    const listing = execFileSync("tar", ["--numeric-owner", "-tvf", join(cwd, "app.tar")], { encoding: "utf8" });
    expect(listing).toMatch(/7\/8 .* data$/m);
    expect(listing).toMatch(/bin\/tool.sh$/m);
  });

  it("can come from standard input, and is the same image as from the file", async () => {
    const cwd = project({ "root/file": "content" });
    execFileSync("tar", ["-C", join(cwd, "root"), "-cf", join(cwd, "root.tar"), "."]);
    const fromFile = await runStrake(["import", "root.tar"], { cwd });
    const fromInput = await runStrake(["import", "-", "name:1"], { input: readFileSync(join(cwd, "root.tar")) });
    expect(fromInput.stdout).toBe(fromFile.stdout);
  });
});

describe("a definition", () => {
  it("is printed as a graph and as a plan", async () => {
    const cwd = siteProject();
    expect((await runStrake(["graph"], { cwd })).stdout).toMatch(/^flowchart TD\n/);
    expect((await runStrake(["graph", "--format", "dot"], { cwd })).stdout).toMatch(/^digraph strake \{\n/);
    const { steps } = JSON.parse((await runStrake(["graph", "--format", "json"], { cwd })).stdout);
    expect(steps.map(({ title }: { title: string }) => title)).toContain("COPY site/ /srv/");
    const plan = await runStrake(["print", "--to", "plan"], { cwd });
    expect(plan.status).toBe(0);
    expect(JSON.parse(plan.stdout)).toMatchObject({ version: "strake.v1" });
  });
});
