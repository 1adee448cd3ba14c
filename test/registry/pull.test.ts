import { sha256 } from "@strake/oci";
import { beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry", "skopeo")("a name of a registry", () => {
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

  it("is kept by its digest, which finds it again, in docker's words", async () => {
    const strake = inHome();
    await strake(`pull ${name}:1`);
    const pinned = (await strake(`inspect -f {{json\t.RepoDigests}} ${name}:1`)).trim();
    const [digest = ""] = (JSON.parse(pinned) as string[]).map((each) => each.slice(each.indexOf("@") + 1));
    const index = await runOrThrow("skopeo", ["inspect", "--tls-verify=false", "--raw", `docker://${name}:1`]);
    expect(digest).toBe(sha256(Buffer.from(index)));
    expect(await strake("images --digests --format {{.Tag}}@{{.Digest}}")).toBe(`1@${digest}\n`);
    expect(await strake(`inspect -f {{.Architecture}} ${name}@${digest}`)).toBe(`${here}\n`);
    const { status, stderr } = await runStrake(["rmi", `${name}@${digest}`], { home: temporaryFolder() });
    expect([status, stderr]).toEqual([1, expect.stringContaining("there is no image")]);

    expect(await strake(`pull ${name}:1@${digest}`)).toBe(`${name}@${digest}\n`);
    expect(await strake("images --format {{.Repository}}:{{.Tag}}")).toBe(`${name}:1\n`);
    expect(await strake(`inspect -f {{.RepoTags}} ${name}@${digest}`)).toBe(`[${name}:1]\n`);
    await strake(`rmi ${name}:1`);
    expect(await strake("images --format {{.Repository}}:{{.Tag}}")).toBe(`${name}:<none>\n`);
    await expect(strake(`tag ${name}@${digest} x@${digest}`)).rejects.toThrow("has a digest");
    await expect(strake(`push ${name}:2@${digest}`)).rejects.toThrow("Leave the digest out");
    await expect(strake(`tag ${name}@${digest} sha256:1`)).rejects.toThrow("would be taken for the digest");
    expect(await strake(`rmi ${name}@${digest}`)).toContain(`Untagged: ${name}@${digest}\nDeleted: `);
  });

  it("with all its tags is pulled at once, and one that nothing changed in says so", async () => {
    const strake = inHome();
    expect(await strake(`pull -a ${name}`)).toBe(`${name}:1\n${name}:2\n`);
    expect(await strake(`images -q ${name}`)).toMatch(/^(\w+\n)\1$/);
    await expect(strake(`pull -a ${name}:1`)).rejects.toThrow("--all-tags");
    await expect(strake(`push -a ${name}:1`)).rejects.toThrow("--all-tags");

    const home = temporaryFolder();
    const said = async () => (await runStrake(["pull", `${name}:1`], { home })).stderr;
    expect(await said()).toMatch(/^1: Pulling from team\/app\n[\s\S]*Status: Downloaded newer image for \S+app:1\n$/);
    expect(await said()).toMatch(/Status: Image is up to date for \S+app:1\n$/);
  });

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
