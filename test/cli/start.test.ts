import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodeCache } from "../../packages/strake/src/start/code-cache.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const strake = dirname(dirname(strakeBin));

/** A project whose build file takes a piece from a package, which imports "strake" for itself. */
function makeProject(): string {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "node_modules/pieces"), { recursive: true });
  symlinkSync(strake, join(cwd, "node_modules/strake"));
  const files = {
    "package.json": JSON.stringify({ type: "module" }),
    "node_modules/pieces/package.json": JSON.stringify({ name: "pieces", type: "module", exports: "./index.js" }),
    "node_modules/pieces/index.js": `import { image, scratch } from "strake"; export const base = image().from(scratch);`,
    "build.ts": `import { base } from "pieces"; export default base.label({ a: "b" });`,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return cwd;
}

/** Writes what V8 makes of a script that does not run. */
const compileOnly = `
  const { readFileSync } = require("node:fs");
  const source = "(function (exports, require, module, __filename, __dirname) {" + readFileSync(process.argv[1], "latin1") + "\\n})";
  process.stdout.write(new (require("node:vm").Script)(source, { filename: process.argv[1] }).createCachedData());
`;

describe("the start of the command line", () => {
  test("keeps what V8 compiled for the next build, and builds without it when it is damaged", async () => {
    const [cwd, cache] = [makeProject(), temporaryFolder()];
    const env = { XDG_CACHE_HOME: cache };
    const first = await runStrake(["build", "-q"], { cwd, env });
    const folder = join(cache, "strake/code");
    const code = join(folder, readdirSync(folder)[0] as string);
    expect(first.status).toBe(0);
    expect((await runStrake(["build", "-q"], { cwd, env })).stdout).toBe(first.stdout);
    const bytes = readFileSync(code);
    for (const damaged of [Buffer.from("no code"), Buffer.from(bytes).fill(1, 5000, 5100)]) {
      writeFileSync(code, damaged);
      expect(await runStrake(["build", "-q"], { cwd, env })).toMatchObject({ status: 0, stdout: first.stdout });
      expect(readFileSync(code).length).toBeGreaterThan(100_000);
    }
  });

  test("keeps better code where what is kept lacks much, until there is no better", async () => {
    const [cwd, cache] = [makeProject(), temporaryFolder()];
    const folder = join(cache, "strake/code");
    const kept = () => readdirSync(folder).map((name) => join(folder, name))[0] as string;
    // A new store each time, so that the build is not repeated.
    const build = () => runStrake(["build", "-q"], { cwd, env: { XDG_CACHE_HOME: cache }, home: temporaryFolder() });
    await build();
    const size = statSync(kept()).size;
    const script = join(strake, "dist", basename(kept()).replace(/\.cjs-.*/, ".cjs"));
    const poor = Buffer.from(
      execFileSync(process.execPath, ["-e", compileOnly, script], { encoding: "latin1" }),
      "latin1",
    );
    new CodeCache(join(cache, "strake"), basename(script)).keep({ size: () => poor.length, code: () => poor });
    expect(statSync(kept()).size).toBeLessThan(size / 2);
    await build();
    expect(statSync(kept()).size).toBeGreaterThan(size / 2);
    for (let settling = 0; settling < 4; settling++) await build();
    const { mtimeMs } = statSync(kept());
    expect((await build()).status).toBe(0);
    expect(statSync(kept()).mtimeMs).toBe(mtimeMs);
  });

  test("keeps code for other commands than builds, apart from theirs", async () => {
    const [cwd, cache] = [makeProject(), temporaryFolder()];
    await runStrake(["plan"], { cwd, env: { XDG_CACHE_HOME: cache } });
    await runStrake(["images"], { cwd, env: { XDG_CACHE_HOME: cache } });
    expect(readdirSync(join(cache, "strake/code")).sort()).toEqual([
      expect.stringMatching(/-other$/),
      expect.stringMatching(/-plan$/),
    ]);
  });

  test("gives packages of the build file the command line's own library", async () => {
    const printed = await runStrake(["print", "--to", "dockerfile"], { cwd: makeProject(), home: temporaryFolder() });
    expect(printed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^LABEL "?a"?="?b"?$/m) });
  });

  test.each([
    ["a module", "--input-type=module", `import { image } from "strake"; console.log(typeof image)`],
    ["a module that takes all", "--input-type=module", `import * as all from "strake"; console.log(typeof all.image)`],
  ])("gives %s outside of it a library of its own", (_, type, program) => {
    const cwd = makeProject();
    expect(execFileSync(process.execPath, [type, "-e", program], { cwd, encoding: "utf8" })).toBe("function\n");
  });
});
