import { linkSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("a change that keeps the size reaches an image that copies from the changed one", async () => {
  const cwd = project({
    "build.ts": `import { image } from "strake";
const base = image().from("scratch").copy("site", "/site/");
export const web = image().from("scratch").copy("/site", "/srv/", { from: base });
`,
    "site/page.html": "before",
  });
  const page = join(cwd, "site/page.html");
  const home = temporaryFolder();
  const build = () => runStrake(["build", "-q"], { cwd, home });
  // Long enough ago that what is known of the file is remembered.
  const then = new Date(Date.now() - 60_000);
  utimesSync(page, then, then);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const first = await build();
  expect(await build()).toMatchObject({ stdout: first.stdout });
  writeFileSync(page, "after!");
  const second = await build();
  expect(second.stdout).not.toBe(first.stdout);
  writeFileSync(page, "before");
  expect((await build()).stdout).toBe(first.stdout);
});

it("files that become one file under two names reach an image that copies them", async () => {
  const cwd = project({
    "build.ts": `import { image, rootfs } from "strake";
const base = image().from(rootfs("base.tar"));
export const web = image().from("scratch").copy("/site", "/srv/", { from: base });
`,
    "root/site/a": "same",
    "root/site/b": "same",
  });
  const home = temporaryFolder();
  const build = async () => {
    await runOrThrow("tar", ["-C", join(cwd, "root"), "--mtime=@0", "-cf", join(cwd, "base.tar"), "."]);
    const { status, stderr } = await runStrake(["build", "-q", "-o", `type=tar,dest=${join(cwd, "web.tar")}`], {
      cwd,
      home,
    });
    expect(status, stderr).toBe(0);
    return runOrThrow("tar", ["-tvf", join(cwd, "web.tar")]);
  };
  expect(await build()).not.toContain("link to");
  rmSync(join(cwd, "root/site/b"));
  linkSync(join(cwd, "root/site/a"), join(cwd, "root/site/b"));
  expect(await build()).toContain("srv/b link to srv/a");
});
