import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [user, password] = ["somebody", "s3cret-word"];

need(
  "docker-registry",
  "skopeo",
  "python3",
)("a registry that wants a login", () => {
  let address: string;
  let cwd: string;
  const home = temporaryFolder();
  const config = temporaryFolder();

  beforeAll(async () => {
    ({ address } = await registry("login", { login: { user, password } }));
    cwd = project({ "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`, a: "a\n" });
  });

  const strake = (args: readonly string[], input?: string) =>
    runStrake(args, { cwd, home, env: { DOCKER_CONFIG: config }, ...(input === undefined ? {} : { input }) });

  it("refuses who has not logged in, and a wrong password", async () => {
    const pushed = await strake(["build", "--push", "-t", `${address}/app:1`]);
    expect(pushed.status).toBe(1);
    expect(pushed.stderr).toContain("strake login");
    const refused = await strake(["login", "-u", user, "--password-stdin", address], "wrong\n");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("does not take this name and password");
    expect(refused.stderr).not.toContain("wrong\n");
  });

  it("takes images of who has, whose login others find where Docker keeps it", async () => {
    const entered = await strake(["login", "-u", user, "--password-stdin", address], `${password}\n`);
    expect(entered, entered.stderr).toMatchObject({ status: 0, stdout: "Login Succeeded\n" });
    const pushed = await strake(["build", "--push", "-t", `${address}/app:1`, "--progress", "plain"]);
    expect(pushed.status, pushed.stderr).toBe(0);
    expect(pushed.stderr + pushed.stdout).not.toContain(password);
    const file = join(config, "config.json");
    const found = await runOrThrow("skopeo", [
      "inspect",
      "--authfile",
      file,
      "--tls-verify=false",
      `docker://${address}/app:1`,
    ]);
    expect(JSON.parse(found).Digest).toMatch(/^sha256:/);
    expect((await strake(["pull", `${address}/app:1`])).status).toBe(0);
  });

  it("refuses again after the login has been forgotten", async () => {
    expect((await strake(["logout", address])).stdout).toContain(`Removing login credentials for ${address}`);
    expect(readFileSync(join(config, "config.json"), "utf8")).not.toContain(address);
    expect((await strake(["pull", `${address}/app:1`])).status).toBe(1);
  });
});
