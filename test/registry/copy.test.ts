import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { answeredRequests, type Registry, registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry", "skopeo")("a copy", () => {
  let one: Registry;
  let two: Registry;
  let home: string;
  let index: string;
  let single: string;
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);

  const strake = (...args: string[]) => runStrake(args, { cwd: folder, home });
  const copied = async (...args: string[]) => {
    const result = await strake("copy", ...args);
    expect(result.status, result.stderr).toBe(0);
    return result;
  };
  const raw = (name: string) =>
    runOrThrow("skopeo", ["inspect", "--raw", "--tls-verify=false", name.includes(":/") ? name : `docker://${name}`]);

  beforeAll(async () => {
    [one, two] = [await registry("copy-from"), await registry("copy-to")];
    home = temporaryFolder();
    index = `${one.address}/team/many:1`;
    single = `${one.address}/team/one:1`;
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a").copy("b", "/b");\n`,
      a: "a".repeat(300_000),
      b: "b\n",
    });
    const built = await runStrake(["build", "--push", "-t", index, "--platform", "linux/amd64,linux/arm64"], {
      cwd,
      home: temporaryFolder(),
    });
    expect(built.status, built.stderr).toBe(0);
    writeFileSync(join(cwd, "b"), "another\n");
    expect((await runStrake(["build", "--push", "-t", single], { cwd, home: temporaryFolder() })).status).toBe(0);
  });

  it("has all platforms of an index and its digest, and leaves nothing in the store", async () => {
    const { stdout, stderr } = await copied(index, `${two.address}/mirror/many:1`);
    expect(stdout).toMatch(new RegExp(`^${two.address}/mirror/many:1 sha256:[0-9a-f]{64}\n$`));
    expect(stderr).toMatch(/: Copied \d+B\n/);
    expect(stderr).toMatch(/4 copied \(.*B\), 0 mounted, 0 there already/);
    expect(await raw(`${two.address}/mirror/many:1`)).toBe(await raw(index));
    const again = await copied(index, `${two.address}/mirror/many:1`);
    expect(again.stdout).toContain("(unchanged)");
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
    await runOrThrow("skopeo", [
      "copy",
      "--quiet",
      "--all",
      "--src-tls-verify=false",
      `docker://${two.address}/mirror/many:1`,
      `oci:${at("checked")}:1`,
    ]);
  });

  it("of one platform is that image", async () => {
    const name = `${two.address}/mirror/arm:1`;
    await copied("--platform", "linux/arm64", index, name);
    const config = await runOrThrow("skopeo", ["inspect", "--config", "--tls-verify=false", `docker://${name}`]);
    expect(JSON.parse(config)).toMatchObject({ architecture: "arm64" });
    const refused = await strake("copy", "--platform", "linux/s390x", index, name);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("linux/s390x");
  });

  it("within a registry moves nothing", async () => {
    const before = (await answeredRequests(one)).length;
    const { stderr } = await copied(index, `${one.address}/other/place:2`);
    expect(stderr).toContain("4 mounted");
    const asked = (await answeredRequests(one)).slice(before).join("\n");
    expect(asked).not.toMatch(/"PATCH /);
    expect(asked).not.toMatch(/"GET \S*\/blobs\//);
  });

  it("sends only what is not there", async () => {
    await copied(index, `${two.address}/lacking:1`);
    const { stderr } = await copied(single, `${two.address}/lacking:2`);
    expect(stderr).toMatch(/2 copied \(.*\), 0 mounted, 1 there already/);
  });

  it("goes to a layout and an archive and back, with the same digest", async () => {
    const whole = await raw(index);
    const { stderr } = await copied(index, `oci:${at("layout")}:v1`);
    // Two configs, and two layers that both images have.
    expect(stderr).toMatch(/^4 copied/m);
    expect(await raw(`oci:${at("layout")}:v1`)).toBe(whole);
    await copied(single, `oci:${at("layout")}:v2`);
    await copied(`oci:${at("layout")}:v1`, `oci-archive:${at("archive.tar")}:v1`);
    await copied(`oci-archive:${at("archive.tar")}:v1`, `${two.address}/back:1`);
    expect(await raw(`${two.address}/back:1`)).toBe(whole);
    await copied(`oci:${at("layout")}:v2`, `${two.address}/back:2`);
    expect(await raw(`${two.address}/back:2`)).toBe(await raw(single));
  });

  it("goes to an archive for Docker and back, with the same files", async () => {
    await copied(single, `docker-archive:${at("docker.tar")}:app:1`);
    await copied(`docker-archive:${at("docker.tar")}`, `${two.address}/loaded:1`);
    const inspected = await Promise.all(
      [single, `${two.address}/loaded:1`].map((name) =>
        runOrThrow("skopeo", ["inspect", "--config", "--tls-verify=false", `docker://${name}`]),
      ),
    );
    expect(inspected[1]).toBe(inspected[0]);
  });

  it("of what is not there, or to where nothing can be, is an error that says so", async () => {
    const missing = await strake("copy", `${one.address}/team/none:1`, `${two.address}/x:1`);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("/v2/team/none/manifests/1");
    const unreachable = await strake("copy", index, "127.0.0.1:1/x:1");
    expect(unreachable.status).toBe(1);
    expect(unreachable.stderr).toContain("127.0.0.1:1");
    expect((await strake("copy", "Not A Name", "x")).status).toBe(2);
    expect((await strake("copy", `oci:${at("nowhere")}`, `${two.address}/x:1`)).stderr).toContain("nowhere");
  });
});
