import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { type RunResult, runProgram } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// A copy of the program, from which the script can be taken away: what still works then did not run again.
const copy = temporaryFolder();
const program = join(copy, "strake");
let script: string;

beforeAll(() => {
  const built = dirname(dirname(strakeBin));
  for (const name of ["bin", "dist", "package.json"])
    cpSync(join(built, name), join(program, name), { recursive: true });
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(copy, "node_modules"));
  script = scriptOf(join(program, "dist"));
});

/** The script that belongs to the program; those of earlier builds may be beside it. */
function scriptOf(folder: string): string {
  const bin = readFileSync(join(folder, "bin.cjs"), "utf8");
  const used = readdirSync(folder).filter((name) => name.startsWith("command-line-") && bin.includes(name));
  expect(used).toHaveLength(1);
  return join(folder, used[0] as string);
}

/** A project, and ways to run the program in it with a store of its own. */
function workplace(files: Readonly<Record<string, string>>) {
  const cwd = project(files);
  const home = temporaryFolder();
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> =>
    runProgram(process.execPath, [join(program, "bin/strake.js"), ...args], {
      cwd,
      env: { NODE_EXTRA_CA_CERTS: undefined, CI: undefined, STRAKE_HOME: home, ...env },
    });
  /** Whether the command is answered without being carried out. */
  const isRepeated = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult | false> => {
    renameSync(script, `${script}.away`);
    try {
      const result = await run(args, env);
      return result.status === 0 && result;
    } finally {
      renameSync(`${script}.away`, script);
    }
  };
  /** Runs it until nothing has been changed just now any more. */
  const untilRepeated = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> => {
    let repeated: RunResult | false = false;
    await expect
      .poll(
        async () => {
          expect(await run(args, env)).toMatchObject({ status: 0 });
          repeated = await isRepeated(args, env);
          return repeated !== false;
        },
        { timeout: 120_000 },
      )
      .toBe(true);
    return repeated as unknown as RunResult;
  };
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  return { cwd, home, run, isRepeated, untilRepeated, write };
}

const dockerfile = {
  Dockerfile: "FROM scratch\nCOPY site /site\n",
  "site/index.html": "one",
  ".dockerignore": "*.log\n",
};
const build = ["build", "-t", "site", "."];

describe("a build that changes nothing", () => {
  it("is answered as it was before, on both streams", async () => {
    const { run, untilRepeated } = workplace(dockerfile);
    const first = await run(build);
    const repeated = await untilRepeated(build);
    expect(repeated.stdout).toBe(first.stdout);
    expect(repeated.stderr).toContain("CACHED");
  });

  it.each<[string, (site: ReturnType<typeof workplace>) => unknown]>([
    ["a file has other text of the same length", ({ write }) => write("site/index.html", "two")],
    ["there is one more file", ({ write }) => write("site/more/new.html", "")],
    ["a file is gone", ({ cwd }) => rmSync(join(cwd, "site/index.html"))],
    ["the Dockerfile says something else", ({ write }) => write("Dockerfile", `${dockerfile.Dockerfile}LABEL a=b\n`)],
    ["other files are ignored", ({ write }) => write(".dockerignore", "**/*.html\n")],
    ["there are rules of the Dockerfile's own", ({ write }) => write("Dockerfile.dockerignore", "**/*.html\n")],
  ])("is carried out again when %s", async (_, change) => {
    const place = workplace({ ...dockerfile, "site/other.txt": "other" });
    const before = await place.untilRepeated(build);
    change(place);
    expect(await place.isRepeated(build)).toBe(false);
    const after = await place.run(build);
    expect(after.status).toBe(0);
    expect(after.stdout).not.toBe(before.stdout);
    expect((await place.untilRepeated(build)).stdout).toBe(after.stdout);
  });

  it("is carried out again when a file was only touched, and comes to the same", async () => {
    const { cwd, run, isRepeated, untilRepeated } = workplace(dockerfile);
    const before = await untilRepeated(build);
    utimesSync(join(cwd, "site/index.html"), 1, 1);
    expect(await isRepeated(build)).toBe(false);
    expect(await run(build)).toMatchObject({ stdout: before.stdout });
  });

  it("is carried out again when its name has moved, or what it made is gone", async () => {
    const { cwd, run, isRepeated, untilRepeated, write } = workplace(dockerfile);
    const { stdout } = await untilRepeated(build);
    write("Dockerfile.other", "FROM scratch\nLABEL other=1\n");
    expect(await run(["build", "-f", "Dockerfile.other", "-t", "site", "."])).toMatchObject({ status: 0 });
    rmSync(join(cwd, "Dockerfile.other"));
    expect(await isRepeated(build)).toBe(false);
    await untilRepeated(build);
    expect((await run(["images", "-q", "--no-trunc", "site"])).stdout.trim()).toBe(stdout.trim().split(" ").at(-1));
    expect(await run(["rmi", "site"])).toMatchObject({ status: 0 });
    expect(await isRepeated(build)).toBe(false);
    expect(await run(build)).toMatchObject({ stdout });
    await untilRepeated(build);
    expect(await run(["prune", "-a", "-f"])).toMatchObject({ status: 0 });
    expect(await run(["rmi", "site"])).toMatchObject({ status: 0 });
    expect(await run(["prune", "-a", "-f"])).toMatchObject({ status: 0 });
    expect(await isRepeated(build)).toBe(false);
    expect(await run(build)).toMatchObject({ stdout });
  });

  it("is carried out again when the file that it wrote is gone or was changed", async () => {
    const { cwd, run, isRepeated, untilRepeated, write } = workplace(dockerfile);
    const output = ["build", "-o", "type=docker,dest=site.tar", "."];
    await untilRepeated(output);
    write("site.tar", "something else");
    expect(await isRepeated(output)).toBe(false);
    expect(await run(output)).toMatchObject({ status: 0 });
    await untilRepeated(output);
    rmSync(join(cwd, "site.tar"));
    expect(await isRepeated(output)).toBe(false);
  });

  it("is another one with other arguments, in another folder or with other variables that it asks for", async () => {
    const { isRepeated, untilRepeated } = workplace(dockerfile);
    await untilRepeated(build);
    expect(await isRepeated(["build", "-t", "site2", "."])).toBe(false);
    expect(await isRepeated(["build", "-t", "site", "site"])).toBe(false);
    expect(await isRepeated(build, { SOURCE_DATE_EPOCH: "1" })).toBe(false);
    expect(await isRepeated(build, { UNRELATED: "1" })).not.toBe(false);
  });

  it("is carried out each time where that was asked for, or where times are shown or secrets are given", async () => {
    const { run, isRepeated, untilRepeated } = workplace(dockerfile);
    await untilRepeated(build);
    for (const option of ["--no-cache", "--pull", "--progress=json", "--secret=id=token,src=.dockerignore"]) {
      const args = [...build, option];
      for (let time = 0; time < 3; time++) expect(await run(args)).toMatchObject({ status: 0 });
      expect(await isRepeated(args)).toBe(false);
    }
  });
});

describe("a build file", () => {
  const app = (rest: string) => `${imports}console.log("said by the build file");\n${rest}`;

  it("need not run again when its images hang on it, its modules and variables alone", async () => {
    const { run, isRepeated, untilRepeated, write } = workplace({
      "build.ts": app(
        'import { text } from "./text.ts";\nexport default image().from("scratch").env({ TEXT: text, LEVEL: process.env.LEVEL ?? "0" });\n',
      ),
      "text.ts": 'export const text = "one";\n',
    });
    const repeated = await untilRepeated(["build"]);
    expect(repeated.stdout + repeated.stderr).toContain("said by the build file");
    expect(await isRepeated(["build"], { LEVEL: "1" })).toBe(false);
    const leveled = await run(["build"], { LEVEL: "1" });
    expect(leveled.stdout).not.toBe(repeated.stdout);
    await untilRepeated(["build"]);
    write("text.ts", 'export const text = "two";\n');
    expect(await isRepeated(["build"])).toBe(false);
    expect((await run(["build"])).stdout).not.toBe(repeated.stdout);
  });

  it("runs each time when it may hang on something else", async () => {
    const sources = [
      'export default image().from("scratch").env({ NOW: String(Date.now()) });\n',
      'import { hostname } from "node:os";\nexport default image().from("scratch").env({ HOST: hostname() });\n',
      "export default image().from('scratch').env({ ALL: String(Object.keys(process.env).length) });\n",
    ];
    for (const source of sources) {
      const { run, isRepeated } = workplace({ "build.ts": app(source) });
      for (let time = 0; time < 3; time++) expect(await run(["build"])).toMatchObject({ status: 0 });
      expect(await isRepeated(["build"])).toBe(false);
    }
  });
});

it("comes to what a build with an empty store comes to, whatever happens between two builds", async () => {
  const { cwd, run, write } = workplace(dockerfile);
  const names = ["site/index.html", "site/a", "site/b/c", "site/b/d", "x.log", "site/y.log"];
  const changes = fc.sample(
    fc.oneof(
      fc.tuple(fc.constant("write" as const), fc.constantFrom(...names), fc.constantFrom("one", "two", "three")),
      fc.tuple(fc.constant("remove" as const), fc.constantFrom(...names), fc.constant("")),
      fc.tuple(fc.constant("rename" as const), fc.constantFrom(...names), fc.constantFrom(...names)),
      fc.tuple(fc.constant("chmod" as const), fc.constantFrom(...names), fc.constantFrom("600", "755", "644")),
      fc.tuple(fc.constant("dockerfile" as const), fc.constant(""), fc.constantFrom("", "LABEL a=b\n", "ENV A=1\n")),
      fc.tuple(
        fc.constant("ignore" as const),
        fc.constant(""),
        fc.constantFrom("", "*.log\n", "**/*.log\n", "site/b\n"),
      ),
      fc.tuple(fc.constant("nothing" as const), fc.constant(""), fc.constant("")),
    ),
    20,
  );
  for (const change of changes) {
    const [what, name, value] = change;
    const path = join(cwd, name);
    if (what === "write") write(name, value);
    else if (what === "remove") rmSync(path, { force: true });
    else if (what === "rename" && existsSync(path)) {
      mkdirSync(dirname(join(cwd, value)), { recursive: true });
      renameSync(path, join(cwd, value));
    } else if (what === "chmod" && existsSync(path)) chmodSync(path, Number.parseInt(value, 8));
    else if (what === "dockerfile") write("Dockerfile", dockerfile.Dockerfile + value);
    else if (what === "ignore") write(".dockerignore", value);
    mkdirSync(join(cwd, "site"), { recursive: true });
    // Twice, so that the next change meets a build that may be repeated.
    const [first, second] = [await run(build), await run(build)];
    const anew = await run(build, { STRAKE_HOME: temporaryFolder() });
    expect({ change, ids: [first.stdout, second.stdout] }).toEqual({ change, ids: [anew.stdout, anew.stdout] });
  }
}, 900_000);
