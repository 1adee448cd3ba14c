import { beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry")("a name of a registry", () => {
  let name: string;
  let here: string;
  const other = process.arch === "arm64" ? "amd64" : "arm64";
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
    a: "a\n",
  });

  beforeAll(async () => {
    const { address } = await registry("pulled");
    name = `${address}/team/app`;
    here = process.arch === "arm64" ? "arm64" : "amd64";
    const platforms = ["--platform", "linux/amd64,linux/arm64"];
    const built = await runStrake(["build", "--push", ...platforms, "-t", `${name}:1`, "-t", `${name}:2`], { cwd });
    expect(built.status, built.stderr).toBe(0);
  });

  const inHome = () => {
    const home = temporaryFolder();
    return async (line: string, folder = cwd) => {
      const { status, stdout, stderr } = await runStrake(line.split(" "), { cwd: folder, home });
      expect(status, `${line}\n${stderr}`).toBe(0);
      return stdout;
    };
  };

  it("is looked up for this machine where the store has it for another one, and told where it is nowhere", async () => {
    const strake = inHome();
    await strake(`pull --platform linux/${other} ${name}:1`);
    const folder = project({
      "build.ts": `import { image } from "strake";\nexport const top = image().from("${name}:1").env({ A: "b" });\n`,
    });
    await strake("build", folder);
    expect(await strake("inspect -f {{.Architecture}} top")).toBe(`${here}\n`);
    expect(await strake(`inspect -f {{.Architecture}} ${name}:1`)).toBe(`${other}\n`);

    await strake(`tag ${name}:1 127.0.0.1:1/only/here:1`);
    const nowhere = project({ Dockerfile: "FROM 127.0.0.1:1/only/here:1\n" });
    await expect(strake("build .", nowhere)).rejects.toThrow(
      new RegExp(`it is an image for linux/${other}[\\s\\S]*In its registry: GET http`),
    );
  });
});
