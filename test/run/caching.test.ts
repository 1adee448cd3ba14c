import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

/** How each step went, by the beginning of its title. */
function outcomes(stderr: string): Record<string, string> {
  const titles = new Map([...stderr.matchAll(/^#(\d+) \[\w+\] (.*)$/gm)].map(([, number, title]) => [number, title]));
  const ended = [...stderr.matchAll(/^#(\d+) (CACHED|DONE|ERROR)/gm)];
  return Object.fromEntries(ended.map(([, number, outcome]) => [titles.get(number ?? "") ?? "", outcome ?? ""]));
}

need(...runNeeds)("commands", () => {
  it("run once; the same build is cached, and a changed file reruns what stands on it", async () => {
    const cwd = await runProject(
      `export const app = base.run("echo first > /1").copy("a.txt", "/a").run("cp /a /2").run("echo third > /3");`,
      { "a.txt": "one\n" },
    );
    const home = temporaryFolder();
    const build = () => runStrake(["build", "--progress", "plain"], { cwd, home });
    const first = await build();
    expect(first.status, first.stderr).toBe(0);
    expect(outcomes(first.stderr)).toMatchObject({ "RUN echo first > /1": "DONE", "RUN cp /a /2": "DONE" });
    const second = await build();
    expect(outcomes(second.stderr)).toMatchObject({
      "RUN echo first > /1": "CACHED",
      "COPY a.txt /a": "CACHED",
      "RUN cp /a /2": "CACHED",
      "RUN echo third > /3": "CACHED",
    });
    expect(second.stdout).toBe(first.stdout);

    writeFileSync(join(cwd, "a.txt"), "two\n");
    const plan = await runStrake(["plan"], { cwd, home });
    expect(plan.stdout).toMatch(/CACHED {2}RUN echo first/);
    expect(plan.stdout).toMatch(/build {3}COPY a\.txt \/a .*\n.*a\.txt/);
    const third = await build();
    expect(outcomes(third.stderr)).toMatchObject({
      "RUN echo first > /1": "CACHED",
      "COPY a.txt /a": "DONE",
      "RUN cp /a /2": "DONE",
      "RUN echo third > /3": "DONE",
    });
  });

  it("that make one file of two equal ones reach an image that copies them", async () => {
    const cwd = await runProject(
      `const made = base.run("mkdir /s; echo same > /s/a; cp /s/a /s/b");
export const app = image().from("scratch").copy("/s", "/d/", { from: made });`,
    );
    const home = temporaryFolder();
    const tar = join(cwd, "app.tar");
    const build = async () => {
      const { status, stderr } = await runStrake(["build", "-q", "-o", `type=tar,dest=${tar}`], { cwd, home });
      expect(status, stderr).toBe(0);
      return runOrThrow("tar", ["-tvf", tar]);
    };
    expect(await build()).not.toContain("link to");
    const buildFile = join(cwd, "build.ts");
    writeFileSync(buildFile, readFileSync(buildFile, "utf8").replace("cp /s/a", "ln /s/a"));
    expect(await build()).toContain("d/b link to d/a");
  });

  it("that make the same files rebuild nothing after them", async () => {
    const cwd = await runProject(
      `const made = base.run("cat /in/v > /dev/null; echo same > /out", { mounts: [bind("/in")] });
export const app = base.copy("/out", "/copied", { from: made }).run("echo after > /after");`,
      { v: "1\n" },
    );
    const home = temporaryFolder();
    const build = () => runStrake(["build", "--progress", "plain"], { cwd, home });
    expect((await build()).status).toBe(0);
    writeFileSync(join(cwd, "v"), "2\n");
    expect(outcomes((await build()).stderr)).toMatchObject({
      "RUN cat /in/v > /dev/null; echo same > /out": "DONE",
      "RUN echo after > /after": "CACHED",
    });
  });

  it("are done anew when that is asked for, and make the same image", async () => {
    const cwd = await runProject(
      `export const one = base.run("echo 1 > /1").copy("build.ts", "/b");\nexport const two = base.run("echo 2 > /2", { cache: false });`,
    );
    const home = temporaryFolder();
    const build = (...more: string[]) => runStrake(["build", "--progress", "plain", ...more], { cwd, home });
    const first = await build();
    const again = await build();
    expect(outcomes(again.stderr)).toMatchObject({ "RUN echo 1 > /1": "CACHED", "RUN echo 2 > /2": "DONE" });
    const fresh = await build("--no-cache");
    expect(outcomes(fresh.stderr)).toMatchObject({ "RUN echo 1 > /1": "DONE", "COPY build.ts /b": "DONE" });
    const told = await runStrake(["plan", "--no-cache", "one"], { cwd, home });
    expect(told.stdout).toContain("to be done anew, as --no-cache");
    const filtered = await build("--no-cache-filter", "one", "one");
    expect(outcomes(filtered.stderr)).toMatchObject({ "RUN echo 1 > /1": "DONE" });
    expect([again.stdout, fresh.stdout]).toEqual([first.stdout, first.stdout]);
    const elsewhere = await runStrake(["build"], { cwd });
    expect(elsewhere.stdout).toBe(first.stdout);
  });

  it("that failed are tried again, and what came before them is not", async () => {
    const cwd = await runProject(
      `export const app = base.run("echo slow > /slow").run("test -e /mnt/go && echo x > /x", { mounts: [cache("/mnt", { id: "go" })] }).run("echo end > /end");
export const mend = base.run("touch /mnt/go", { mounts: [cache("/mnt", { id: "go" })] });`,
    );
    const home = temporaryFolder();
    const failed = await runStrake(["build", "app", "--progress", "plain"], { cwd, home });
    expect(failed.status).toBe(1);
    expect((await runStrake(["build", "mend"], { cwd, home })).status).toBe(0);
    const mended = await runStrake(["build", "app", "--progress", "plain"], { cwd, home });
    expect(mended.status, mended.stderr).toBe(0);
    expect(Object.values(outcomes(mended.stderr)).sort()).toEqual(["CACHED", "DONE", "DONE", "DONE"]);
  });

  it("that two builds want at once run once", async () => {
    const cwd = await runProject(
      `export const app = base.run("echo ran >> /log/runs; sleep 1; echo x > /x", { mounts: [cache("/log")] });
export const count = base.run("wc -l < /log/runs > /runs; cat /runs", { mounts: [cache("/log")], cache: false });`,
    );
    const home = temporaryFolder();
    const builds = await Promise.all([1, 2, 3].map(() => runStrake(["build", "app"], { cwd, home })));
    expect(builds.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect((await runStrake(["build", "count", "--progress", "plain"], { cwd, home })).stderr).toMatch(/^#\d+ 1$/m);
  });

  it.each([
    ["1", ["1", "1", "1", "1"]],
    ["4", ["4", "4", "4", "4"]],
  ])("that do not need one another run at the same time, %s of them when so many are allowed", async (jobs, seen) => {
    // Each leaves its mark and waits for as many as there may be; one alone takes it away again.
    const step = (n: number) =>
      `touch /at-work/${n}; for i in $(seq 3000); do set -- /at-work/*; [ $# -ge ${jobs} ] && break; sleep 0.1; done; ` +
      `echo $# > /${n}${jobs === "1" ? `; sleep 0.3; rm /at-work/${n}` : ""}`;
    const cwd = await runProject(
      `const steps = ${JSON.stringify([1, 2, 3, 4].map(step))};
const parts = steps.map((step) => base.run(step, { mounts: [cache("/at-work")] }));
export const app = parts.reduce((all, part, n) => all.copy(\`/\${n + 1}\`, "/", { from: part }), image().from("scratch"));`,
    );
    const built = await runStrake(["build", "--jobs", jobs, "-o", "type=local,dest=out"], { cwd });
    expect(built.status, built.stderr).toBe(0);
    expect([1, 2, 3, 4].map((n) => readFileSync(join(cwd, "out", `${n}`), "utf8").trim())).toEqual(seen);
  });
});
