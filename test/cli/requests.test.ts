import { expect, it } from "vitest";
import { folderState } from "../support/folder-state.ts";
import { imports, project, siteProject } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it.each([
  [["buidl"], "unknown command 'buidl'", "build"],
  [["build", "wbe"], 'no target "wbe"', "web"],
  [["build", "--progess", "plain"], "unknown option '--progess'", "--progress"],
])("answers %j with what was meant, and status 2", async (args, mistake, meant) => {
  const { status, stdout, stderr } = await runStrake(args, { cwd: siteProject() });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(mistake);
  expect(stderr).toContain(`Did you mean ${meant}?`);
});

it.each([
  [["build", "-o", "type=dockr,dest=x"], 'no type "dockr"'],
  [["build", "-o", "type=oci"], "dest=PATH is missing"],
  [["build", "--platform", "linux/amd64/v8/x"], "linux/amd64/v8/x"],
  [["build", "--platform", "amd46"], '"amd46" is not a platform'],
  [["build", "--cache-to", "type=local,src=x"], "--cache-to type=local: dest=FOLDER is missing"],
  [["build", "--cache-from", "type=local,dest=x"], "--cache-from type=local: src=FOLDER is missing"],
  [["build", "--cache-to", "type=registry,ref=Bad Name"], '"Bad Name" is not an image name'],
  [["build", "--ssh", "default=/no/agent"], "--ssh default: there is no agent at /no/agent"],
  [["lint", "nothing"], "nothing does not exist"],
  [["build", "-f", "Dockerfile.none", "."], "Dockerfile.none does not exist"],
  [["build", "."], '"." is a folder: -f . means the build file in it, and -f Dockerfile its Dockerfile.'],
  [["build", "--builder", "tcp://host:1?name=x"], 'no setting "name"'],
  [["build", "--builder", "other://host"], "is not an address of a daemon"],
  [["build", "--builder", "tcp://127.0.0.1:1", "--cache-from", "ref=x"], "has no type="],
  [["build", "-t", "NOT A NAME"], "NOT A NAME"],
  [["build", "-f", "elsewhere.ts"], "elsewhere.ts"],
  [["build", "--secret", "token"], "Write --secret id=NAME,src=FILE"],
  [["build", "--secret", "id=token,src=nothing"], "nothing cannot be read"],
  [["build", "-o", "type=docker,dest=no/out.tar"], "there is no folder"],
  [["build", "-o", "type=docker,dest=build.ts/out.tar"], "build.ts is a file"],
  [["build", "-o", "type=oci,dest=."], ". is a folder"],
  [["build", "-o", "type=local,dest=build.ts"], "build.ts is a file, and a folder is to be written"],
  [["build", "-o", "build.ts"], "build.ts is a file, and a folder is to be written"],
  [["build", "-o", "type=oci,dest=build.ts,tar=false"], "build.ts is a file"],
  [["build", "-o", "type=local,dest=/proc/x/y"], "nothing can be made in /proc"],
  [["build", "--cache-to", "type=local,dest=/proc/x/y"], "nothing can be made in /proc"],
  [["build", "--iidfile", "build.ts/id"], "build.ts is a file"],
  [["build", "--metadata-file", "."], ". is a folder"],
  [["load", "-i", "nothing.tar"], "nothing.tar does not exist"],
  [["import", "nothing.tar"], "nothing.tar does not exist"],
  [["cache", "import", "nothing.tar"], "nothing.tar does not exist"],
  [["convert", "nothing"], "nothing does not exist\n  Name the Dockerfile"],
  [["save", "-o", "no/app.tar", "app"], "there is no folder"],
  [["copy", "oci:nothing", "oci:there"], "nothing does not exist"],
  [["copy", "docker-archive:nothing.tar", "oci:there"], "nothing.tar does not exist"],
  [["exec", "-it", "app", "sh"], "exec: a container has one command\n  Start another container with strake run."],
  [["stop", "app"], "strake rm -f NAME ends its command"],
  [["buildx", "build", "."], "the options of buildx are those of build"],
  [["container", "inspect", "app"], "unknown command 'container inspect'\n  There are commit,"],
  [["print"], "--to"],
  [[], "a command is missing"],
])("refuses %j with status 2 and writes nothing", async (args, mistake) => {
  const cwd = siteProject();
  const home = temporaryFolder();
  const before = folderState(cwd);
  const { status, stderr } = await runStrake(args, { cwd, home });
  expect(stderr).toContain(mistake);
  expect(status).toBe(2);
  expect(folderState(cwd)).toEqual(before);
  expect(folderState(home).filter((line) => !/^(?:build-files|leases)\b/.test(line))).toEqual([]);
});

it.each([
  [["-t", "a:1"], "several targets cannot have one name"],
  [["-o", "type=oci,dest=out.tar"], "2 targets cannot go to one output (one, two)"],
  [["-o", "type=tar,dest=out.tar", "--platform", "linux/amd64,linux/arm64", "one"], "cannot hold"],
])("refuses build %j before a step is done", async (args, mistake) => {
  // The step cannot be done, so whoever tries it says something else.
  const step = 'image().from("scratch").copy("missing", "/")';
  const cwd = project({ "build.ts": `${imports}export const one = ${step};\nexport const two = ${step};\n` });
  const { status, stderr } = await runStrake(["build", ...args], { cwd });
  expect(stderr).toContain(mistake);
  expect(status).toBe(2);
});

it.each([
  ["missing", "strake: missing is not a folder"],
  ["a/missing", "strake: a/missing is not a folder"],
  ["empty", "strake: there is no Dockerfile in empty"],
])("says of %s what is wrong with it where there are no targets that it could name", async (place, message) => {
  const cwd = project({ Dockerfile: "FROM scratch\n", "empty/file": "" });
  const { status, stderr } = await runStrake(["build", place], { cwd });
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

it("needs a build file here or above", async () => {
  const { status, stderr } = await runStrake(["build"], { cwd: temporaryFolder() });
  expect(status).toBe(2);
  expect(stderr).toContain("build.ts");
  const below = project({ "deep/er/x": "" }, siteProject());
  expect((await runStrake(["plan"], { cwd: `${below}/deep/er` })).status).toBe(0);
});

it("prints the version and help on standard output with status 0", async () => {
  expect(await runStrake(["--version"])).toMatchObject({ status: 0, stderr: "" });
  const help = await runStrake(["build", "--help"]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("--metadata-file");
});

it.each([
  ["/proc/strake-store", "no folder can be made at /proc/strake-store\n"],
  ["/proc/strake-store/below", "no folder can be made at /proc/strake-store\n"],
  ["build.ts/store", "build.ts"],
])("says what to do where the store cannot be in %s", async (home, named) => {
  const cwd = siteProject();
  const { status, stderr } = await runStrake(["build"], { cwd, home });
  expect(status).toBe(1);
  expect(stderr).toContain(named);
  expect(stderr).toContain("STRAKE_HOME can name a folder that you may write to.");
  expect(stderr).not.toContain("mistake in strake");
});

it.runIf(process.platform === "linux")(
  "ends where what it would keep for its next start is to be in /proc",
  async () => {
    const env = { XDG_CACHE_HOME: "/proc/strake-cache/below" };
    const { status, stderr } = await runStrake(["build"], { cwd: siteProject(), env });
    expect(status, stderr).toBe(0);
  },
);

it("says in a Dockerfile's words what is missing of it and of its context", async () => {
  const cwd = project({ Dockerfile: "FROM scratch AS one\nCOPY none /\nFROM one AS two\nENV a=b\n", a: "a" });
  const missing = await runStrake(["build", "--progress", "quiet", "."], { cwd });
  expect(missing.stderr).toContain('Dockerfile:2:1  the source "none" is not in the build context\n');
  expect(missing.stderr).toContain("There are Dockerfile, a in the build context.");
  expect(missing.status).toBe(1);
  const stage = await runStrake(["build", "--target", "three", "."], { cwd });
  expect(stage.stderr).toBe('strake: target stage "three" could not be found\n  The stages are one, two.\n');
  expect(stage.status).toBe(2);
});
