import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveBases } from "../support/base-images.ts";
import { freePort } from "../support/free-port.ts";
import { listens } from "../support/listens.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type OrdinaryUser, ordinaryUser, userNeeds } from "./ordinary-user.ts";
import { runNeeds } from "./run-project.ts";

/** A web server from a distribution's packages, a page, and the command to serve it. */
function dockerfile(port: number, page: string): string {
  return `FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends nginx
RUN sed -i 's/listen 80 default_server/listen 127.0.0.1:${port} default_server/; /listen .*:80/d' /etc/nginx/sites-available/default
COPY ${page} /var/www/html/index.html
EXPOSE ${port}
CMD ["nginx", "-g", "daemon off;"]
`;
}

need(
  ...runNeeds,
  ...userNeeds,
  "mmdebstrap",
)("the tutorial: a web server from packages, with no daemon", () => {
  let settings: string;
  let user: OrdinaryUser;

  beforeAll(async () => {
    const { address } = await serveBases("debian:bookworm");
    const folder = temporaryFolder();
    settings = join(folder, "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${address}]\n`);
    user = ordinaryUser();
  });

  afterAll(() => user.remove());

  it("is built by root, run, and serves its page; a changed line reruns no more than it has to", async () => {
    const port = await freePort();
    const cwd = project({
      Dockerfile: dockerfile(port, "one.html"),
      "one.html": "<h1>One</h1>\n",
      "two.html": "<h1>Two</h1>\n",
    });
    const home = temporaryFolder();
    const env = { STRAKE_REGISTRIES: settings };
    const build = () => runStrake(["build", "-t", "web", ".", "--progress", "plain"], { cwd, home, env });
    const first = await build();
    expect(first.status, first.stderr).toBe(0);
    expect(await pageOf(port, { cwd, STRAKE_HOME: home, STRAKE_REGISTRIES: settings })).toBe("<h1>One</h1>\n");

    writeFileSync(join(cwd, "Dockerfile"), dockerfile(port, "two.html"));
    const second = await build();
    expect(second.stderr.match(/CACHED/g)).toHaveLength(2);
    expect(await pageOf(port, { cwd, STRAKE_HOME: home, STRAKE_REGISTRIES: settings })).toBe("<h1>Two</h1>\n");
  });

  it("is built by an ordinary user as well", async () => {
    const port = await freePort();
    const cwd = project({ Dockerfile: dockerfile(port, "page.html"), "page.html": "<h1>Mine</h1>\n" });
    chmodSync(cwd, 0o755);
    const open = join(user.home, "registries.yaml");
    writeFileSync(open, `docker.io:\n  mirrors: [http://${(await serveBases("debian:bookworm")).address}]\n`);
    const env = { STRAKE_REGISTRIES: open };
    const built = await user.strake(["build", "-t", "web", "."], { cwd, env });
    expect(built.status, built.stderr).toBe(0);
    const running = user.strake(["run", "--rm", "--name", "web", "web"], { cwd, env });
    try {
      expect(await answerOf(port)).toBe("<h1>Mine</h1>\n");
    } finally {
      expect((await user.strake(["rm", "-f", "web"], { cwd, env })).stdout).toBe("web\n");
      await running;
    }
  });
});

/** Runs the image `web` as long as it takes to get its page. */
async function pageOf(port: number, { cwd, ...env }: Readonly<Record<string, string>>): Promise<string> {
  const options = {
    env: { ...process.env, CI: undefined, ...env },
    stdio: "ignore" as const,
    ...(cwd === undefined ? {} : { cwd }),
  };
  const child = spawn(process.execPath, [strakeBin, "run", "--rm", "web"], options);
  try {
    return await answerOf(port);
  } finally {
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
  }
}

async function answerOf(port: number): Promise<string> {
  while (!(await listens(port))) await wait(50);
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}
