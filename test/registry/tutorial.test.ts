import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { runNeeds } from "../run/run-project.ts";
import { serveBases } from "../support/base-images.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [user, password] = ["learner", "a-password"];

need(...runNeeds, "python3")("what Docker's tutorials do with an image, with strake in place of docker", () => {
  let address: string;
  let env: Record<string, string>;
  const home = temporaryFolder();
  let cwd: string;

  beforeAll(async () => {
    const bases = await serveBases("busybox");
    ({ address } = await registry("tutorial", { login: { user, password } }));
    const folder = temporaryFolder();
    const settings = join(folder, "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = { STRAKE_REGISTRIES: settings, DOCKER_CONFIG: folder };
    cwd = project({
      Dockerfile: 'FROM busybox\nRUN echo made > /made\nCOPY greeting /greeting\nCMD ["cat", "/greeting", "/made"]\n',
      greeting: "hello\n",
    });
  });

  const strake = async (line: string, input?: string) => {
    const { status, stdout, stderr } = await runStrake(line.split(" "), {
      cwd,
      home,
      env,
      ...(input === undefined ? {} : { input }),
    });
    expect(status, `${line}\n${stderr}`).toBe(0);
    return stdout;
  };

  it("works as it is written", async () => {
    await strake("build -t getting-started .");
    expect(await strake("images")).toMatch(
      /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\ngetting-started +latest +[0-9a-f]{12} /,
    );
    const name = `${address}/learner/getting-started`;
    await strake(`tag getting-started ${name}`);
    const ids = (await strake("images -q --no-trunc")).trim().split("\n");
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    const history = (await strake("history getting-started")).trim().split("\n");
    expect(history[0]).toMatch(/^IMAGE +CREATED +CREATED BY +SIZE +COMMENT$/);
    expect(history.slice(1, 4).map((line) => /(CMD|COPY|RUN) .*?(?= {2})/.exec(line)?.[0])).toEqual([
      'CMD ["cat" "/greeting" "/made"]',
      "COPY greeting /greeting # buildkit",
      "RUN /bin/sh -c echo made > /made # buildkit",
    ]);

    const refused = await runStrake(["push", name], { cwd, home, env });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("strake login")]);
    expect(await strake(`login -u ${user} --password-stdin ${address}`, `${password}\n`)).toContain("Login Succeeded");
    const pushed = await strake(`push ${name}`);
    expect(pushed).toMatch(new RegExp(`^${name}:latest sha256:[0-9a-f]{64}\n$`));

    expect(await strake(`rmi ${name} getting-started`)).toMatch(/Untagged: .*\nUntagged: .*\nDeleted: sha256:/);
    expect((await strake("images")).trim().split("\n")).toHaveLength(1);
    await strake(`pull ${name}`);
    expect(await strake("images -q --no-trunc")).toBe(`${ids[0]}\n`);
    expect(await strake(`run --rm ${name}`)).toBe("hello\nmade\n");
    await strake(`logout ${address}`);
  });
});
