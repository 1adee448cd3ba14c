import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const source = {
  "build.ts": `${imports}
const base = image().from("scratch").write("/etc/passwd", "app:x:7:8::/:/bin/sh\\n");
export const web = image().from(base)
  .workdir("/srv")
  .copy(files("site/**"), "./")
  .copy(["scripts", "build.ts"], "/opt/", { chown: "app" })
  .label({ base: base.digest });
export const platforms = image().from(base).copy("site", "/srv/", { parents: true }).platforms("linux/amd64", "linux/arm64");
`,
  "site/index.html": "<h1>Hello</h1>\n",
  "site/Ünïcode name.txt": "named\n",
  "site/z/deep/er.css": "a {}\n",
  "site/A.txt": "capital before small\n",
  "scripts/run.sh": "#!/bin/sh\n",
};

const commands = [
  ["print", "--to", "plan"],
  ["plan", "--json", "--digests"],
  ["graph", "--format", "json"],
];

const targets = [
  ["web", "type=oci,dest=web.tar"],
  ["web", "type=docker,dest=web-docker.tar"],
  ["web", "type=tar,dest=web-files.tar"],
  ["platforms", "type=oci,dest=platforms.tar"],
] as const;

interface Surroundings {
  readonly umask: string;
  readonly time: number;
  readonly env: Readonly<Record<string, string>>;
  /** Runs as this user, with no group of the files. */
  readonly user?: number;
  readonly reversed: boolean;
}

/** Checks the project out anew, runs every command there and returns all that came out. */
async function checkout(around: Surroundings): Promise<Record<string, string>> {
  const folder = temporaryFolder();
  const cwd = join(folder, around.reversed ? "a/much/longer/path with spaces" : "x");
  mkdirSync(cwd, { recursive: true });
  const names = Object.entries(source);
  project(Object.fromEntries(around.reversed ? names.reverse() : names), cwd);
  const home = join(folder, "home");
  mkdirSync(home);
  const mask = Number.parseInt(around.umask, 8);
  for (const name of ["", ...readdirSync(cwd, { recursive: true, encoding: "utf8" })]) {
    const path = join(cwd, name);
    const executable = name.endsWith(".sh") || !/\.\w+$/.test(name);
    chmodSync(path, (executable ? 0o777 : 0o666) & ~mask);
    utimesSync(path, around.time, around.time);
    if (around.user !== undefined) chownSync(path, around.user, around.user);
  }
  if (around.user !== undefined) for (const path of [folder, home]) chownSync(path, around.user, around.user);
  const as =
    around.user === undefined ? [] : ["setpriv", `--reuid=${around.user}`, `--regid=${around.user}`, "--clear-groups"];
  const results: Record<string, string> = {};
  const run = async (args: readonly string[]) => {
    const [command = "", ...rest] = [
      "sh",
      "-c",
      `umask ${around.umask}; exec "$@"`,
      "sh",
      ...as,
      process.execPath,
      strakeBin,
      ...args,
    ];
    const env = { ...around.env, STRAKE_HOME: home, HOME: folder, NODE_EXTRA_CA_CERTS: undefined };
    const { status, stdout, stderr } = await runProgram(command, rest, { cwd, env });
    expect(status, stderr).toBe(0);
    results[args.join(" ")] = stdout;
  };
  for (const args of commands) await run(args);
  for (const [target, output] of targets) {
    await run(["build", "-q", target, "-o", output]);
    results[`the bytes of ${output}`] = readFileSync(join(cwd, output.replace(/.*dest=/, ""))).toString("base64");
  }
  return results;
}

const plain: Surroundings = { umask: "022", time: 1_700_000_000, env: { TZ: "UTC", LANG: "C.UTF-8" }, reversed: false };

need(
  "root",
  "linux",
  "setpriv",
)("two checkouts", () => {
  it("in other folders, of other users, umasks, times, zones and languages give the same bytes", async () => {
    const [first, second, third] = await Promise.all([
      checkout(plain),
      checkout({
        umask: "077",
        time: 1,
        env: { TZ: "Asia/Tokyo", LANG: "tr_TR.UTF-8", LC_ALL: "C" },
        user: 65534,
        reversed: true,
      }),
      checkout({
        umask: "002",
        time: 2_000_000_000,
        env: { TZ: "America/New_York", FORCE_COLOR: "1", CI: "1" },
        reversed: true,
      }),
    ]);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });
});

it("the plan of every platform says what the build then makes", async () => {
  const cwd = project(source);
  const home = temporaryFolder();
  const planned: { target: string; id: string; digest: string }[] = JSON.parse(
    (await runStrake(["plan", "--json", "--digests"], { cwd, home })).stdout,
  );
  await runStrake(["build", "platforms", "-o", "type=oci,tar=false,dest=layout"], { cwd, home });
  const read = (digest: string) =>
    JSON.parse(readFileSync(join(cwd, "layout/blobs", digest.replace(":", "/")), "utf8"));
  const [top] = JSON.parse(readFileSync(join(cwd, "layout/index.json"), "utf8")).manifests;
  const built = read(top.digest).manifests.map(({ digest }: { digest: string }) => [
    digest,
    read(digest).config.digest,
  ]);
  expect(built).toEqual(planned.filter(({ target }) => target === "platforms").map(({ digest, id }) => [digest, id]));
});

it("SOURCE_DATE_EPOCH is the time of the image and the latest time of its files, and part of its id", async () => {
  const cwd = project(source);
  const at = async (epoch: string) => {
    const home = temporaryFolder();
    const env = { SOURCE_DATE_EPOCH: epoch };
    const { stdout } = await runStrake(["build", "-q", "web"], { cwd, home, env });
    const created = await runStrake(["inspect", "-f", "{{.Created}}", "web"], { home });
    return [stdout, created.stdout.trim()];
  };
  const [first, again, later] = await Promise.all([at("1700000000"), at("1700000000"), at("1700000001")]);
  expect(again).toEqual(first);
  expect(first?.[1]).toBe("2023-11-14T22:13:20Z");
  expect(later?.[0]).not.toBe(first?.[0]);
});
