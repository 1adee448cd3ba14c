import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildDockerfile, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { pushImage, type Registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const build = `import { files, image, interpolate, local, variable } from "strake";
export const base = image().from("busybox").env({ A: "\${x} $y %{z}" }).run("echo $$ %{q} > /dev/null; echo base > /base");
const made = image().from(base).run("echo made > /out");
export const app = image().from(base).arg("V", "1").env({ V: interpolate\`v\${variable("V")}\` })
  .copy("/out", "/out", { from: made })
  .copy(files("site/**"), "/srv/")
  .copy("x", "/x", { from: local("../beside") })
  .label({ l: "$\{q}" });
`;

/** What the tests read of a bake target. */
interface BakeTarget {
  readonly dockerfile: string;
  readonly contexts?: Readonly<Record<string, string>>;
}

need(
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
)("what bake is told", () => {
  let served: Registry;
  let settings: string;
  let cwd: string;

  beforeAll(async () => {
    served = await serveBases("busybox");
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${served.address}]\n`);
    const top = project({
      "beside/x": "beside\n",
      "shop/build.ts": build,
      "shop/site/keep": "1\n",
      "shop/site/drop": "2\n",
    });
    cwd = project({ "build.ts.dockerignore": "site/drop\nbuild.ts*\nstrake.lock\n" }, join(top, "shop"));
  });

  const ours = async (target: string): Promise<string> => {
    const path = join(temporaryFolder(), `${target}.tar`);
    const args = ["build", target, "-o", `type=docker,dest=${path}`];
    const { status, stderr } = await runStrake(args, { cwd, env: { STRAKE_REGISTRIES: settings } });
    expect(status, stderr).toBe(0);
    return path;
  };

  /** Builds a target as bake would: in the folder that it is run in, with the context and the Dockerfile it names. */
  const theirs = async (name: string, target: BakeTarget, given: Readonly<Record<string, string>>): Promise<string> => {
    const folder = join(cwd, target.dockerfile, "..");
    // The frontend that the line names cannot be fetched; this BuildKit's own is as new.
    const text = readFileSync(join(cwd, target.dockerfile), "utf8").replace(/^# syntax=.*\n/, "");
    writeFileSync(join(cwd, target.dockerfile), text);
    const contexts = Object.entries(target.contexts ?? {});
    const local = contexts.filter(([, place]) => !place.startsWith("target:"));
    const images = contexts.filter(([, place]) => place.startsWith("target:"));
    return buildDockerfile(cwd, {
      destination: join(temporaryFolder(), `${name}.tar`),
      dockerfileFolder: folder,
      dockerfile: `${name}.Dockerfile`,
      contexts: Object.fromEntries(local.map(([known, place]) => [known, join(cwd, place)])),
      frontendOptions: Object.fromEntries(
        images.map(([known, place]) => [`context:${known}`, `docker-image://${given[place.slice("target:".length)]}`]),
      ),
    });
  };

  it("makes the images that the engine makes, one standing on the other", async () => {
    const printed = await runStrake(["print", "--to", "bake", "-o", "out"], { cwd });
    expect(printed.status, printed.stderr).toBe(0);
    const { target } = JSON.parse(readFileSync(join(cwd, "out/docker-bake.json"), "utf8"));
    expect(target.app.contexts).toEqual({ base: "target:base", "context-1": "../beside" });
    const base = await theirs("base", target.base, {});
    expect(await compareImages(await ours("base"), base)).toEqual([]);
    await pushImage(served, `docker-archive:${base}`, "strake-bake/base:1");
    const app = await theirs("app", target.app, { base: `${served.address}/strake-bake/base:1` });
    expect(await compareImages(await ours("app"), app)).toEqual([]);
  });
});
