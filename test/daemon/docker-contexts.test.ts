import { chmodSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { delimiter, join } from "node:path";
import { createServer } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { type DockerDaemon, dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { certificates } from "./certificates.ts";

need(...dockerNeeds, "openssl")("the settings of Docker's command line", () => {
  it("lead --load to the engine that docker would use: a context with certificates, DOCKER_HOST, DOCKER_CERT_PATH", async () => {
    const docker = await dockerDaemon();
    const { address, files } = await tlsFront(docker);
    const { ca, cert, key } = files;
    const config = temporaryFolder();
    const env = {
      DOCKER_CONFIG: config,
      DOCKER_HOST: undefined,
      DOCKER_CONTEXT: undefined,
      DOCKER_TLS_VERIFY: undefined,
    };
    const dockerSays = async (...args: string[]) => {
      const { status, stdout, stderr } = await runProgram("docker", args, { env });
      expect(status, stderr).toBe(0);
      return stdout.trim();
    };
    await dockerSays("context", "create", "far", "--docker", `host=${address},ca=${ca},cert=${cert},key=${key}`);
    await dockerSays("context", "create", "near", "--docker", `host=${docker.host}`);
    await dockerSays("context", "use", "far");

    const name = `context-${Date.now()}`;
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").env({ A: "${name}" });\n`,
    });
    const load = (more: Readonly<Record<string, string | undefined>>, ...args: string[]) =>
      runStrake(["build", "--progress", "plain", "-t", `${name}:1`, ...args], { cwd, env: { ...env, ...more } });
    const found = async (more: Readonly<Record<string, string | undefined>>) => {
      const { status, stderr } = await load(more, "--load");
      expect(status, stderr).toBe(0);
      return /Docker at (\S+)/.exec(stderr)?.[1];
    };
    expect(await found({})).toBe(address);
    expect(await docker.docker(["image", "ls", "-q", `${name}:1`])).not.toBe("");
    expect(await found({ DOCKER_CONTEXT: "near" })).toBe(docker.host);
    expect(await found({ DOCKER_CONTEXT: "near", DOCKER_HOST: docker.host })).toBe(docker.host);
    // Docker wants the files of DOCKER_CERT_PATH under these names.
    const folder = project({
      "ca.pem": readFileSync(ca),
      "cert.pem": readFileSync(cert),
      "key.pem": readFileSync(key),
    });
    const secured = { DOCKER_HOST: address, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder };
    expect(await found(secured)).toBe(address);
    const stranger = await load(
      { ...secured, DOCKER_CERT_PATH: project({ "ca.pem": readFileSync(files.other) }) },
      "--load",
    );
    expect(stranger).toMatchObject({ status: 1, stderr: expect.stringContaining(`the TLS connection to ${address}`) });

    // Stands for another machine: what it would start there is started here.
    const bin = project({ ssh: `#!/bin/sh\nexec docker --host ${docker.host} system dial-stdio\n` });
    chmodSync(join(bin, "ssh"), 0o755);
    const path = `${bin}${delimiter}${process.env.PATH}`;
    expect(await found({ DOCKER_HOST: "ssh://me@far", PATH: path })).toBe("ssh://me@far");

    const lost = await load({ DOCKER_CONTEXT: "lost" }, "--load");
    expect(lost).toMatchObject({ status: 2, stderr: expect.stringContaining(`there is no docker context "lost"`) });
    const named = await load({}, "--builder", "docker-context://lost");
    expect(named).toMatchObject({ status: 2, stderr: expect.stringContaining(`there is no docker context "lost"`) });
  });

  it("lead --builder to an engine that wants certificates, which calls back over TLS too", async () => {
    const docker = await dockerDaemon();
    const { address, files } = await tlsFront(docker);
    const read = (file: string) => readFileSync(file);
    const text = `import { image } from "strake";
export const app = image().from("scratch").copy("a.txt", "/a").write("/b", "${Date.now()}");\n`;
    const cwd = project({ "build.ts": text, "a.txt": "a\n" });
    const build = (certificates: Readonly<Record<string, Uint8Array>>, more: Readonly<Record<string, string>> = {}) =>
      runStrake(["build", "--builder", "docker", "-o", "out"], {
        cwd,
        env: { DOCKER_HOST: address, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: project(certificates), ...more },
      });
    const own = { "ca.pem": read(files.ca), "cert.pem": read(files.cert), "key.pem": read(files.key) };
    const built = await build(own);
    expect(built.status, built.stderr).toBe(0);
    expect(readFileSync(join(cwd, "out/a"), "utf8")).toBe("a\n");
    const mixed = await build({ ...own, "key.pem": read(files.serverKey) });
    expect([mixed.status, mixed.stderr]).toEqual([
      1,
      expect.stringContaining(`the certificates for ${address} cannot be used: key values mismatch\n`),
    ]);
    const front = createHttpServer((_request, response) => {
      response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n");
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    const plain = `tcp://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const unsecured = await build(own, { DOCKER_HOST: plain, DOCKER_TLS_VERIFY: "" });
    expect([unsecured.status, unsecured.stderr]).toEqual([1, expect.stringContaining(`${plain} wants TLS: `)]);
    const secured = await build(own, { DOCKER_HOST: plain });
    expect([secured.status, secured.stderr]).toEqual([
      1,
      expect.stringContaining(`the TLS connection to ${plain} failed: what answers there does not speak TLS\n`),
    ]);
  });
});

/** Listens with TLS as a Docker Engine does, for clients that the authority has signed, and leads to the engine. */
async function tlsFront(docker: DockerDaemon) {
  const files = await certificates();
  const read = (file: string) => readFileSync(file);
  const server = createServer(
    {
      ca: read(files.ca),
      cert: read(files.serverCert),
      key: read(files.serverKey),
      requestCert: true,
      ALPNProtocols: ["http/1.1"],
    },
    (socket) => {
      const there = connect(docker.socket);
      socket.pipe(there).pipe(socket);
      socket.on("error", () => there.destroy());
      there.on("error", () => socket.destroy());
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, files };
}
