import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [user, password] = ["somebody", "s3cret-word"];

need(
  "docker-registry",
  "skopeo",
  "python3",
  "script",
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

  it("finds the login that is kept, by an address too, and asks the program that keeps logins once", async () => {
    const folder = temporaryFolder();
    const [log, kept] = [join(folder, "log"), join(folder, "kept")];
    const program = `#!/bin/sh
echo "$1" >> ${log}
case $1 in
  get) read name; [ "$name" = ${address} ] && cat ${kept} || { echo "credentials not found in native keychain"; exit 1; };;
  store) cat > ${kept};;
  erase) rm ${kept};;
esac
`;
    writeFileSync(join(folder, "docker-credential-counting"), program, { mode: 0o755 });
    writeFileSync(join(folder, "config.json"), '{"credsStore":"counting"}');
    const env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` };
    const run = (line: string, input?: string) =>
      runStrake(line.split(" "), { cwd, home, env, ...(input === undefined ? {} : { input }) });
    const entered = await run(`login -u ${user} --password-stdin http://${address}/v2/`, password);
    expect(entered, entered.stderr).toMatchObject({ status: 0, stdout: "Login Succeeded\n", stderr: "" });
    expect(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")).auths).toEqual({ [address]: {} });
    expect(await run(`login ${address}`)).toMatchObject({
      status: 0,
      stdout: "Login Succeeded\n",
      stderr: `Authenticating with existing credentials... [Username: ${user}]\n`,
    });
    writeFileSync(log, "");
    expect((await run(`copy ${address}/app:1 ${address}/copy:1`)).status).toBe(0);
    expect(readFileSync(log, "utf8")).toBe("get\n");
    writeFileSync(join(folder, "config.json"), '{"credsStore":"counting"}');
    expect((await run(`logout https://${address}/`)).stdout).toBe(`Removing login credentials for ${address}\n`);
    expect(existsSync(kept)).toBe(false);
    expect((await run(`logout ${address}`)).stdout).toBe(`Not logged in to ${address}\n`);
  });

  it("is not asked where the password is said twice, or without a name", async () => {
    const twice = await strake(["login", "-u", user, "-p", "x", "--password-stdin", address], password);
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining("-p and --password-stdin") });
    const nameless = await strake(["login", "--password-stdin", address], password);
    expect(nameless).toMatchObject({ status: 2, stderr: expect.stringContaining("--password-stdin needs a name") });
    const seen = await strake(["login", "-u", user, "-p", password, address]);
    expect(seen).toMatchObject({ status: 0, stderr: expect.stringContaining("--password via the CLI is insecure") });
    expect(seen.stderr).toContain(`stored unencrypted in '${join(config, "config.json")}'`);
    expect(seen.stderr).not.toContain(password);
  });

  it("shows nothing of a password that is typed", async () => {
    const folder = temporaryFolder();
    const line = `'${process.execPath}' '${strakeBin}' login ${address}`;
    const env = { ...process.env, DOCKER_CONFIG: folder, NODE_OPTIONS: "", SHELL: "/bin/sh" };
    const child = spawn("script", ["-qec", line, "/dev/null"], { env });
    const typed = new Map([
      ["Username: ", `${user}\r`],
      ["Password: ", `${password}\r`],
    ]);
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString("utf8");
      for (const [prompt, answer] of typed) {
        if (!shown.includes(prompt)) continue;
        typed.delete(prompt);
        child.stdin.write(answer);
      }
    });
    expect(await new Promise((resolve) => child.once("close", resolve)), shown).toBe(0);
    expect(shown).toContain("Login Succeeded");
    expect(shown).not.toContain(password);
    expect(readFileSync(join(folder, "config.json"), "utf8")).toContain(address);
  });

  it("refuses again after the login has been forgotten", async () => {
    expect((await strake(["logout", address])).stdout).toContain(`Removing login credentials for ${address}`);
    expect(readFileSync(join(config, "config.json"), "utf8")).not.toContain(address);
    expect((await strake(["pull", `${address}/app:1`])).status).toBe(1);
  });
});
