import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { type Registry, registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry")("a registry behind a proxy", () => {
  let server: Registry;
  let env: Record<string, string>;
  const asked: string[] = [];
  const home = temporaryFolder();
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
    a: "a\n",
  });

  /** Asks the registry of the test, whatever host it is asked for. */
  const proxy = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { host, pathname, search } = new URL(incoming.url as string);
    asked.push(`${incoming.method} ${host}`);
    const { method, headers } = incoming;
    const passed = request({ port: server.port, host: "127.0.0.1", path: pathname + search, method, headers });
    passed.on("response", (response) => {
      outgoing.writeHead(response.statusCode as number, response.headers);
      response.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });

  beforeAll(async () => {
    server = await registry("behind-proxy");
    proxy.on("connect", ({ url }, socket) => {
      asked.push(`CONNECT ${url}`);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, "registry.test:\n  insecure: true\n");
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    env = { STRAKE_REGISTRIES: settings, HTTP_PROXY: address, https_proxy: address, NO_PROXY: "", no_proxy: "" };
  });
  afterAll(() => proxy.close());

  it("is reached through it", async () => {
    const built = await runStrake(["build", "--push", "-t", "registry.test/app:1"], { cwd, home, env });
    expect(built.status, built.stderr).toBe(0);
    const pulled = await runStrake(["pull", "registry.test/app:1"], { cwd, env });
    expect(pulled.status, pulled.stderr).toBe(0);
    expect(asked).toContain("PUT registry.test");
    expect(asked).toContain("GET registry.test");
  });

  it("is reached through a tunnel where it speaks https, by those who log in too", async () => {
    for (const line of ["pull secure.test/app:1", "login -u me --password-stdin secure.test"]) {
      asked.length = 0;
      const refused = await runStrake(line.split(" "), { cwd, home, env, input: "secret\n" });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("the proxy refuses: 403 Forbidden");
      expect(new Set(asked)).toEqual(new Set(["CONNECT secure.test:443"]));
    }
  });

  it("is not all that the proxy is for: downloads go through it too", async () => {
    asked.length = 0;
    const folder = project({ Dockerfile: "FROM scratch\nADD http://files.test/v2/ /answer\n" });
    const out = ["-o", "type=local,dest=out"];
    const built = await runStrake(["build", ...out, "."], { cwd: folder, env });
    expect(built.status, built.stderr).toBe(0);
    expect(asked).toEqual(["GET files.test"]);
    expect(readFileSync(join(folder, "out/answer"), "utf8")).toBe("{}");
    const refused = await runStrake(["build", "https://files.test/context.tar"], { cwd: folder, env });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("the proxy refuses: 403 Forbidden")]);
  });

  it("is reached without it where NO_PROXY names it", async () => {
    asked.length = 0;
    const direct = await runStrake(["pull", "registry.test/app:1"], { cwd, env: { ...env, NO_PROXY: ".test" } });
    expect(direct.status).toBe(1);
    expect(asked).toEqual([]);
  });
});
