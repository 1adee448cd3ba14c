import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { baseNeeds, serveBases } from "./base-images.ts";
import { buildDockerfile, buildkitNeeds } from "./buildkit-daemon.ts";
import { compareImages } from "./compare-images.ts";
import { dockerDaemon, dockerNeeds } from "./docker-daemon.ts";
import { imageFiles, judgeNeeds } from "./image-files.ts";
import { need } from "./need.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const dockerfile = `FROM busybox AS build
RUN mkdir -p /made && echo made > /made/file && chown node /made/file && rm /etc/motd
FROM busybox
ENV GREETING="hello there"
WORKDIR /app
COPY --chown=node:node --chmod=640 message ./
COPY --from=build /made /made
USER node
CMD ["cat", "message"]
`;

function contextFolder(): string {
  const context = join(temporaryFolder(), "context");
  mkdirSync(context);
  writeFileSync(join(context, "message"), "hello\n");
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  return context;
}

need(
  ...dockerNeeds,
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
)("the daemons of a run", () => {
  it("build the same image from one Dockerfile, on a stand-in from the registry", async () => {
    const context = contextFolder();
    await serveBases("busybox:latest");
    const byBuildkit = await buildDockerfile(context, { destination: join(context, "../buildkit.tar") });
    const engine = await dockerDaemon();
    await engine.docker(["build", "--quiet", "--network=host", "--tag=same", context], {
      env: { DOCKER_BUILDKIT: "1" },
    });
    const byDocker = join(context, "../docker.tar");
    await engine.docker(["save", "--output", byDocker, "same"]);

    // The engine's older BuildKit leaves the flags of COPY out of the history.
    expect(await compareImages(byBuildkit, byDocker, { ignore: ["history"] })).toEqual([]);

    const { config, files } = await imageFiles(byBuildkit);
    expect(config.config).toMatchObject({ User: "node", WorkingDir: "/app", Cmd: ["cat", "message"] });
    expect(files.find(({ path }) => path === "/app/message")).toMatchObject({
      mode: "0640",
      uid: 1000,
      gid: 1000,
      size: 6,
    });
  });

  it("run what BuildKit wrote", async () => {
    const context = contextFolder();
    await serveBases("busybox:latest");
    const tar = await buildDockerfile(context, {
      destination: join(context, "../named.tar"),
      outputOptions: { name: "strake.test/named:1" },
    });
    const engine = await dockerDaemon();
    await engine.docker(["load", "--input", tar]);
    expect(await engine.docker(["run", "--rm", "--network=none", "strake.test/named:1"])).toBe("hello\n");
  });
});
