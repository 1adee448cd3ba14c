import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { findProgram } from "../support/find-program.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { sshNeeds, sshServer } from "../support/ssh-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const build = `import { image } from "strake";
export const app = image().from("busybox").copy("a.txt", "/a").run("cat /a > /b");
`;

/** Builds with a builder that runs the command, and returns what the command wrote. */
async function builtBy(builder: string, env: Readonly<Record<string, string | undefined>>) {
  const bases = await serveBases("busybox");
  const settings = join(temporaryFolder(), "registries.yaml");
  writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
  const cwd = project({ "build.ts": build, "a.txt": `${builder}\n` });
  const out = temporaryFolder();
  // The Docker Engine of the tests has no bridge.
  const args = ["build", "--progress", "plain", "--builder", builder, "--network", "none"];
  const result = await runStrake([...args, "-o", `type=local,dest=${out}`], {
    cwd,
    env: { STRAKE_REGISTRIES: settings, ...env },
  });
  return { ...result, written: () => readFileSync(join(out, "b"), "utf8").trim() };
}

need(
  ...buildkitNeeds,
  ...baseNeeds,
  ...sshNeeds,
)("a BuildKit at ssh://", () => {
  it("builds, for whom the server lets in", async () => {
    const { address } = await buildkitDaemon();
    const { place, path, strangerPath } = await sshServer({ BUILDKIT_HOST: address });
    // The socket that the address names wins over the far side's own setting.
    const named = `ssh://${place}${new URL(address).pathname}`;
    for (const builder of [`ssh://${place}`, named]) {
      const built = await builtBy(builder, { PATH: path });
      expect(built.status, built.stderr).toBe(0);
      expect(built.written()).toBe(builder);
    }
    const refused = await builtBy(named, { PATH: strangerPath });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("Permission denied (publickey)")]);
    const lost = await builtBy(`ssh://${place}/nowhere.sock`, { PATH: path });
    expect([lost.status, lost.stderr]).toEqual([1, expect.stringContaining("/nowhere.sock")]);
  });
});

need(
  ...dockerNeeds,
  ...baseNeeds,
  ...sshNeeds,
  "crun",
)("a Docker Engine at ssh://", () => {
  it("builds and takes images, by DOCKER_HOST and by a context", async () => {
    const docker = await dockerDaemon();
    const { place, path } = await sshServer({ DOCKER_HOST: docker.host });
    const env = {
      DOCKER_CONFIG: temporaryFolder(),
      DOCKER_HOST: undefined,
      DOCKER_CONTEXT: undefined,
      PATH: path,
    };
    const created = await runProgram("docker", ["context", "create", "far", "--docker", `host=ssh://${place}`], {
      env,
    });
    expect(created.status, created.stderr).toBe(0);
    const byContext = await builtBy("docker-context://far", env);
    expect(byContext.status, byContext.stderr).toBe(0);
    expect(byContext.written()).toBe("docker-context://far");
    const byHost = await builtBy("docker", { ...env, DOCKER_HOST: `ssh://${place}` });
    expect(byHost.status, byHost.stderr).toBe(0);
    const name = `far-${Date.now()}:1`;
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").write("/n", "${name}");\n`,
    });
    const loaded = await runStrake(["build", "--load", "-t", name], { cwd, env: { ...env, DOCKER_CONTEXT: "far" } });
    expect(loaded.status, loaded.stderr).toBe(0);
    expect(await docker.docker(["image", "ls", "-q", name])).not.toBe("");
  });
});

need(...buildkitNeeds, ...baseNeeds)("a BuildKit at kube-pod://", () => {
  it("is spoken to through kubectl exec, in the pod, container, namespace and cluster that are named", async () => {
    const { address } = await buildkitDaemon();
    const bin = temporaryFolder();
    // Stands for a cluster: what would be started in the pod is started here.
    const script = `#!/bin/sh\necho "$@" >> ${bin}/asked\nwhile [ "$1" != -- ]; do shift; done\nshift\nBUILDKIT_HOST=${address} exec "$@"\n`;
    writeFileSync(join(bin, "kubectl"), script);
    chmodSync(join(bin, "kubectl"), 0o755);
    const builder = "kube-pod://builder-0?context=prod&namespace=ci&container=buildkitd";
    const built = await builtBy(builder, { PATH: `${bin}${delimiter}${process.env.PATH}` });
    expect(built.status, built.stderr).toBe(0);
    expect(built.written()).toBe(builder);
    expect(readFileSync(join(bin, "asked"), "utf8").split("\n")[0]).toBe(
      "exec -i --context=prod --namespace=ci --container=buildkitd builder-0 -- buildctl dial-stdio",
    );
  });
});

need(
  ...dockerNeeds,
  ...buildkitNeeds,
  ...baseNeeds,
)("a BuildKit at docker-container://", () => {
  it("runs in a container of a Docker Engine, and builds", async () => {
    const docker = await dockerDaemon();
    const bases = await serveBases("busybox");
    const name = `strake-buildkit-${Date.now()}`;
    await docker.docker(["import", await buildkitTar(bases.address), `${name}:1`]);
    onTestFinished(async () => {
      await docker.docker(["rm", "-f", "-v", name]);
      await docker.docker(["rmi", `${name}:1`]);
    });
    const rights = ["seccomp", "apparmor", "systempaths"].flatMap((of) => ["--security-opt", `${of}=unconfined`]);
    const volumes = ["-v", "/var/lib/buildkit", "-v", "/sys/fs/cgroup:/sys/fs/cgroup"];
    const settings = [
      "--cap-add",
      "SYS_ADMIN",
      "--cap-add",
      "NET_ADMIN",
      ...rights,
      ...volumes,
      "--network",
      "host",
      "-e",
      "PATH=/bin",
    ];
    const command = ["/bin/buildkitd", "--config", "/etc/buildkitd.toml"];
    await docker.docker(["run", "-d", "--name", name, ...settings, `${name}:1`, ...command]);
    await expect
      .poll(() => docker.docker(["exec", name, "buildctl", "debug", "workers"]).catch(() => ""))
      .toContain("linux/");
    const builder = `docker-container://${name}`;
    const built = await builtBy(builder, { DOCKER_HOST: docker.host, DOCKER_CONTEXT: undefined });
    expect(built.status, built.stderr).toBe(0);
    expect(built.written()).toBe(builder);
  });
});

/** A root file system with this machine's BuildKit, what its commands run in, and their libraries. */
async function buildkitTar(mirror: string): Promise<string> {
  const folder = temporaryFolder();
  const root = join(folder, "root");
  for (const path of ["bin", "tmp", "etc", "run", "proc", "sys", "dev"])
    mkdirSync(join(root, path), { recursive: true });
  for (const name of ["buildkitd", "buildctl", "runc"]) {
    const program = findProgram(name) as string;
    cpSync(program, join(root, "bin", name), { dereference: true });
    // Those that are linked by themselves have no libraries, and ldd says so.
    const { stdout } = await runProgram("ldd", [program]);
    for (const [path] of stdout.matchAll(/(?<=\s)\/\S+/g)) cpSync(path, join(root, path), { dereference: true });
  }
  const lines = ["[worker.oci]", `networkMode = "host"`, `[registry."docker.io"]`, `mirrors = ["${mirror}"]`];
  const plain = [`[registry."${mirror}"]`, "http = true", ""];
  writeFileSync(join(root, "etc/buildkitd.toml"), [...lines, ...plain].join("\n"));
  const tar = join(folder, "root.tar");
  await runOrThrow("tar", ["-C", root, "-cf", tar, "."]);
  return tar;
}
