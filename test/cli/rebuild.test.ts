import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project } from "../support/project.ts";
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
