import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { findProgram } from "../../support/find-program.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

need(
  ...buildkitNeeds,
  "busybox",
  "sh",
)("strake print --to llb", () => {
  it("writes what buildctl builds, beside what people read", async () => {
    const { address } = await buildkitDaemon();
    const cwd = project({
      "build.ts": `import { image } from "strake";
export const app = image().from("scratch").copy("busybox", "/bin/").copy("a.txt", "/a")
  .run(["/bin/busybox", "sh", "-c", "/bin/busybox cat /a /a > /b"]);\n`,
      "a.txt": "a\n",
      busybox: readFileSync(findProgram("busybox") as string),
    });
    await runOrThrow("chmod", ["755", join(cwd, "busybox")]);
    const printed = await runStrake(["print", "--to", "llb", "-o", "llb"], { cwd });
    expect([printed.status, printed.stderr]).toEqual([0, ""]);
    const shown = await runStrake(["print", "--to", "llb"], { cwd });
    expect(readFileSync(join(cwd, "llb", "app.llb.json"), "utf8")).toBe(shown.stdout);
    const out = temporaryFolder();
    const build = `buildctl --addr ${address} build --local .=. --output type=local,dest=${out} < llb/app.llb`;
    await runOrThrow("sh", ["-c", build], { cwd });
    expect(readFileSync(join(out, "b"), "utf8")).toBe("a\na\n");
  });
});
