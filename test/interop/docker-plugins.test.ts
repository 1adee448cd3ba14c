import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { dockerNeeds } from "../support/docker-daemon.ts";
import { type DockerPlugins, dockerPlugins, pluginNeeds } from "../support/docker-plugins.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const build = `import { cache, files, image, interpolate, local, script, secret, variable } from "strake";
export const base = image().from("busybox").env({ A: "\${x} $y %{z}" }).run("echo $$ %{q} > /dev/null; echo base > /base");
const made = image().from(base).run("echo made > /out");
export const app = image().from(base).arg("V", "1").env({ V: interpolate\`v\${variable("V")}\` })
  .copy("/out", "/out", { from: made })
  .copy(files("site/**"), "/srv/")
  .copy("x", "/x", { from: local("../beside"), link: true })
  .run("wc -c < /run/secrets/npm-token > /length", { mounts: [secret("npm-token"), cache("/kept")] })
  .run(script("set -u\\necho $0 > /script\\n"))
  .label({ l: "$\{q}" }).workdir("/srv").user("node").cmd(["sh"]).tag("shop/app:1");
`;

need(
  ...buildkitNeeds,
  ...dockerNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  ...pluginNeeds,
  "crun",
)("what print writes, built by docker's own plugins", () => {
  let plugins: DockerPlugins;
  let strakeEnv: Record<string, string>;
  let cwd: string;
  const env = { NPM_TOKEN: "opensesame", SOURCE_DATE_EPOCH: "0" };
  const targets = ["base", "app"];

  beforeAll(async () => {
    const served = await serveBases("busybox");
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${served.address}]\n`);
    strakeEnv = { ...env, STRAKE_REGISTRIES: settings };
    plugins = await dockerPlugins();
    const top = project({
      "beside/x": "beside\n",
      "shop/build.ts": build,
      "shop/site/keep": "1\n",
      "shop/site/drop": "2\n",
    });
    cwd = project({ ".dockerignore": "site/drop\nbuild.ts\nstrake.lock\nout\n*.json\n*.yaml\n" }, join(top, "shop"));
  });

  const strake = async (...args: string[]) => {
    const { status, stdout, stderr } = await runStrake(args, { cwd, env: strakeEnv });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  const ours = async (target: string): Promise<string> => {
    const file = join(temporaryFolder(), `${target}.tar`);
    await strake("build", target, "--secret", "id=npm-token,env=NPM_TOKEN", "-o", `type=docker,dest=${file}`);
    return file;
  };

  /** Has bake build what `print` wrote, and compares it with what the engine makes. */
  const bake = async (file: string) => {
    const folder = temporaryFolder();
    const outputs = targets.flatMap((name) => ["--set", `${name}.output=type=docker,dest=${join(folder, name)}.tar`]);
    await plugins.docker(["buildx", "bake", "-f", file, ...outputs, "--allow=fs=*"], { cwd, env });
    for (const name of targets) {
      expect(await compareImages(await ours(name), join(folder, `${name}.tar`)), name).toEqual([]);
    }
  };

  it("docker buildx bake makes the engine's images, of Dockerfiles beside its file", async () => {
    await strake("print", "--to", "bake", "-o", "out");
    await bake("out/docker-bake.json");
  });

  it("docker buildx bake makes the engine's images, of Dockerfiles within its file", async () => {
    writeFileSync(join(cwd, "bake.json"), await strake("print", "--to", "bake"));
    await bake("bake.json");
  });

  it("docker compose build makes the engine's images", async () => {
    // Compose hands what looks like bake's own templates to bake as it is, and bake takes it for one.
    writeFileSync(join(cwd, "build.ts"), build.replaceAll("%{", "{"));
    await strake("print", "--to", "compose", "-o", "compose.yaml");
    await plugins.docker(["compose", "-f", "compose.yaml", "build"], { cwd, env });
    const file = join(temporaryFolder(), "app.tar");
    await plugins.docker(["save", "-o", file, "shop/app:1"]);
    // Compose adds labels of its own.
    expect(await compareImages(await ours("app"), file, { ignore: ["config.Labels"] })).toEqual([]);
    const labels = await plugins.docker(["image", "inspect", "--format", "{{json .Config.Labels}}", "shop/app:1"]);
    expect(JSON.parse(labels)).toMatchObject({ l: "${q}" });
  });
});
