import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildDockerfile, buildkitDaemon } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builderNeeds } from "./compare-builders.ts";

const dockerfile = `FROM scratch
LABEL b=2 a=1
USER 1000
ENV GREETING="hello & <good> morning"
COPY file /file
EXPOSE 80
CMD ["/file"]
`;

need(...builderNeeds)("an image that runs nothing has one id", () => {
  it("with the engine, with BuildKit from the plan, and with BuildKit's own reading of the Dockerfile", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "Dockerfile"), dockerfile);
    writeFileSync(join(cwd, "file"), "hello\n", { mode: 0o644 });
    const { address } = await buildkitDaemon();
    const strake = async (...builder: readonly string[]) => {
      const destination = join(temporaryFolder(), "image.tar");
      const args = ["build", "-q", "-f", "Dockerfile", ...builder, "-o", `type=oci,dest=${destination}`];
      const { status, stdout, stderr } = await runStrake(args, { cwd, home: temporaryFolder() });
      expect(status, stderr).toBe(0);
      return [stdout.trim(), await configOf(destination)];
    };
    const destination = join(temporaryFolder(), "image.tar");
    // Times are what BuildKit leaves as they are unless it is told otherwise.
    await buildDockerfile(cwd, { destination, type: "oci", outputOptions: { "rewrite-timestamp": "true" } });
    const ours = await strake();
    expect(await strake("--builder", address)).toEqual(ours);
    expect(await configOf(destination)).toBe(ours[1]);
  });
});

function configOf(archive: string): Promise<string> {
  return runOrThrow("skopeo", ["inspect", "--config", "--raw", `oci-archive:${archive}`]);
}
