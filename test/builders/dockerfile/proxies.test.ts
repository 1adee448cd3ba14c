import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../../support/base-images.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

need(
  ...baseNeeds,
  "docker-registry",
  "crun",
)("proxies that are given as build arguments", () => {
  let settings: string;
  let home: string;

  beforeAll(async () => {
    const bases = await serveBases("busybox");
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
  });

  const built = async (folder: string, proxy: string) => {
    const dest = join(temporaryFolder(), "out");
    const options = ["--build-arg", `HTTP_PROXY=${proxy}`, "-o", `type=local,dest=${dest}`];
    const result = await runStrake(["build", ".", ...options], {
      cwd: folder,
      env: { STRAKE_REGISTRIES: settings },
      home,
    });
    expect(result.status, result.stderr).toBe(0);
    return { seen: readFileSync(join(dest, "seen"), "utf8"), printed: result.stderr };
  };

  it("reach commands, and another proxy runs no command again", async () => {
    const undeclared = project({ Dockerfile: "FROM busybox\nRUN echo $http_proxy > /seen\n" });
    const first = await built(undeclared, "one");
    expect(first.seen).toBe("one\n");
    expect(first.printed).not.toContain("CACHED");
    expect(first.printed).not.toContain("declares");
    const second = await built(undeclared, "two");
    expect(second.seen).toBe("one\n");
    expect(second.printed).toContain("CACHED");
  });

  it("that are declared count as any argument does", async () => {
    const declared = project({ Dockerfile: "FROM busybox\nARG HTTP_PROXY\nRUN echo $HTTP_PROXY > /seen\n" });
    expect((await built(declared, "one")).seen).toBe("one\n");
    expect((await built(declared, "two")).seen).toBe("two\n");
  });
});
