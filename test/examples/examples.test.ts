import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openImageFile, verifyImage } from "@strake/oci";
import { beforeAll, describe, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildDockerfile, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { freePort } from "../support/free-port.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { listens } from "../support/listens.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const folderOf = (name: string): string => join(examples, name);

/** The steps that `plan` tells of, target by target. */
async function plannedSteps(name: string, env: Record<string, string> = {}): Promise<Record<string, string[]>> {
  const { stdout, stderr, status } = await runStrake(["plan", "--json"], { cwd: folderOf(name), env });
  expect(status, stderr).toBe(0);
  const views = JSON.parse(stdout) as { target: string; steps: { step: string }[] }[];
  return Object.fromEntries(views.map(({ target, steps }) => [target, steps.map(({ step }) => step)]));
}

async function printed(name: string, ...targets: string[]): Promise<string> {
  const { stdout, stderr, status } = await runStrake(["print", ...targets, "--to", "dockerfile"], {
    cwd: folderOf(name),
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Builds a target into a docker tar, and recomputes every digest of what came out. */
async function built(name: string, targets: string[], env: Record<string, string> = {}): Promise<string> {
  const path = join(temporaryFolder(), "image.tar");
  const args = ["build", ...targets, "-t", `example/${name}`, "-o", `type=docker,dest=${path}`];
  // Bases get pinned beside the build file, so the example is built in a copy of its own.
  const folder = join(temporaryFolder(), name);
  cpSync(folderOf(name), folder, { recursive: true, filter: (file) => !file.includes("node_modules") });
  const cwd = name === "static-site" ? folderOf(name) : folder;
  const { stderr, status } = await runStrake(args, { cwd, env });
  expect(status, stderr).toBe(0);
  const file = await openImageFile(path);
  for (const image of file.images) expect(await verifyImage(await image.image())).toEqual([]);
  await file.close();
  return path;
}

describe("static-site", () => {
  it("plans a server and its pages on nothing", async () => {
    expect(await plannedSteps("static-site")).toEqual({
      site: ["COPY --chmod=755 bin/esbuild /bin/serve", "COPY public/ /srv/"],
    });
  });

  need(...dockerNeeds)("in Docker", () => {
    it("serves its page", async () => {
      const { docker } = await dockerDaemon();
      const path = await built("static-site", []);
      await docker(["load", "-i", path]);
      const port = await freePort();
      const name = `strake-site-${port}`;
      await docker([
        "run",
        "-d",
        "--rm",
        "--network=host",
        "--name",
        name,
        "example/static-site",
        `--serve=127.0.0.1:${port}`,
      ]);
      try {
        expect(await page(`http://127.0.0.1:${port}/index.html`)).toContain("made from a TypeScript value");
      } finally {
        await docker(["kill", name]);
      }
    });
  });
});

describe("node-service", () => {
  it("prints a Dockerfile a person could have written", async () => {
    expect(await printed("node-service")).toBe(`# syntax=docker/dockerfile:1.19
FROM node:24-slim
WORKDIR /app
COPY package.json ./
COPY --chown=node:node --exclude=**/*.test.js src/ ./src/
ENV NODE_ENV=production \\
    PORT=8080
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((r) => process.exit(r.ok ? 0 : 1))"]
CMD ["node", "src/main.js"]
`);
  });

  need(
    ...baseNeeds,
    ...buildkitNeeds,
    ...judgeNeeds,
  )("on a stand-in for its base", () => {
    let settings: string;
    beforeAll(async () => {
      const bases = await serveBases("node:24-slim");
      settings = join(temporaryFolder(), "registries.yaml");
      writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    });

    it("is the image that BuildKit makes of its Dockerfile", async () => {
      const ours = await built("node-service", [], { STRAKE_REGISTRIES: settings });
      const dockerfileFolder = temporaryFolder();
      const text = (await printed("node-service")).replace(/^# syntax=.*\n/, "");
      writeFileSync(join(dockerfileFolder, "Dockerfile"), text);
      const destination = join(temporaryFolder(), "theirs.tar");
      const theirs = await buildDockerfile(folderOf("node-service"), { destination, dockerfileFolder });
      expect(await compareImages(ours, theirs)).toEqual([]);
    });
  });
});

describe("go-multi-stage", () => {
  it("prints the image that is copied from as a stage", async () => {
    expect(await printed("go-multi-stage")).toBe(`FROM golang:1.24 AS stage-1
WORKDIR /src
COPY go.mod main.go ./
ENV CGO_ENABLED=0
RUN --mount=type=cache,target=/root/.cache/go-build \\
    go build -trimpath -o /out/hello .

FROM scratch
COPY --from=stage-1 /out/hello /hello
ENTRYPOINT ["/hello"]
`);
  });
});

describe("monorepo", () => {
  it("makes each shared base once, in as many images as are asked for", async () => {
    const steps = await plannedSteps("monorepo", { IMAGES: "40" });
    expect(Object.keys(steps)).toHaveLength(40);
    expect(steps["service-03"]).toContain("COPY queue/ /etc/queue/");
    expect(steps["service-04"]).not.toContain("COPY queue/ /etc/queue/");
  });

  it("builds every image into the store, and the second time finds every step there", async () => {
    const home = temporaryFolder();
    const cwd = folderOf("monorepo");
    const first = await runStrake(["build", "--progress", "plain"], { cwd, home });
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout.trim().split("\n")).toHaveLength(12);
    const second = await runStrake(["build", "--progress", "plain"], { cwd, home });
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).not.toContain("DONE");
  });

  it("gives one of its images whole", async () => {
    await built("monorepo", ["service-03"]);
  });
});

describe("dockerfile-matrix", () => {
  it("prints a Dockerfile for each version and variant", async () => {
    const dest = temporaryFolder();
    const { status } = await runStrake(["print", "--to", "dockerfile", "--dest", dest], {
      cwd: folderOf("dockerfile-matrix"),
    });
    expect(status).toBe(0);
    expect(Object.keys(filesOf(dest)).sort()).toEqual(
      ["20", "22", "24"].flatMap((version) => [`node-${version}-alpine.Dockerfile`, `node-${version}-slim.Dockerfile`]),
    );
    expect(filesOf(dest)["node-22-alpine.Dockerfile"]).toBe(`FROM node:22-alpine
ENV NODE_VERSION_LINE=22
WORKDIR /app
COPY package.json ./
RUN apk add --no-cache tini
ENTRYPOINT ["tini", "--"]
CMD ["node"]
`);
  });
});

function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Asks for a page until the server answers. */
async function page(url: string): Promise<string> {
  while (!(await listens(Number(new URL(url).port)))) await new Promise((resolve) => setTimeout(resolve, 50));
  return (await fetch(url)).text();
}
