import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { baseImage, baseNeeds } from "../support/base-images.ts";
import { dockerNeeds } from "../support/docker-daemon.ts";
import { need } from "../support/need.ts";
import { siteProject } from "../support/project.ts";
import { type RegistryOptions, registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { digestOf, type Visitor, visitor, visitorNeeds } from "./visitor.ts";

const login = { user: "somebody", password: "a-secret-word" };

need(...visitorNeeds, ...baseNeeds)("a registry between Strake and others", () => {
  describe.each<[string, RegistryOptions]>([
    ["over plain http", {}],
    ["that wants a login", { login }],
    ["with a certificate of one's own authority", { tls: true }],
    ["with such a certificate that wants a login", { tls: true, login }],
  ])("%s", (name, options) => {
    let at: Visitor;
    let pushed: { digest: string; id: string };

    beforeAll(async () => {
      at = await visitor(name.replace(/\W/g, "-"), options);
      pushed = await pushSite(at);
    });

    it("gives what Strake pushed to skopeo and umoci", async () => {
      expect((await at.inspect("site:1")).Digest).toBe(pushed.digest);
      const folder = temporaryFolder();
      await at.copyFrom("site:1", `oci:${folder}/layout:1`);
      const index = JSON.parse(readFileSync(join(folder, "layout/index.json"), "utf8"));
      expect(index.manifests[0].digest).toBe(pushed.digest);
      await runOrThrow("umoci", ["unpack", "--image", `${folder}/layout:1`, `${folder}/bundle`]);
      expect(readFileSync(`${folder}/bundle/rootfs/srv/index.html`, "utf8")).toBe("<h1>Hello</h1>\n");
    });

    it("gives what Strake pushed to buildah", async () => {
      const id = (await at.buildah("pull", "--quiet", "{registry}", `docker://${at.address}/site:1`)).trim();
      expect(`sha256:${id}`).toBe(pushed.id);
      const digest = await at.buildah("inspect", "--type", "image", "--format", "{{.FromImageDigest}}", id);
      expect(digest.trim()).toBe(pushed.digest);
    });

    it("carries the index of several platforms both ways", async () => {
      const home = temporaryFolder();
      const name = `${at.address}/many:1`;
      const args = ["build", "--push", "-t", name, "--platform", "linux/amd64,linux/arm64"];
      const built = await at.strake(args, { cwd: siteProject(), home });
      expect(built.status, built.stderr).toBe(0);
      const index = await at.digest("many:1");
      const folder = temporaryFolder();
      await at.copyFrom("many:1", `oci:${folder}/layout:1`, "--all");
      expect(readFileSync(join(folder, "layout/index.json"), "utf8")).toContain(index);
      await at.copyTo(`oci:${folder}/layout:1`, "copied:1", "--all");
      expect(await at.digest("copied:1")).toBe(index);
      const pulled = await at.strake(["pull", "--platform", "linux/arm64", `${at.address}/copied@${index}`], { home });
      expect(pulled.status, pulled.stderr).toBe(0);
      expect(pulled.stderr).toContain(`Digest: ${index}`);
    });

    it("gives what skopeo pushed to Strake, bit for bit", async () => {
      const { reference } = await baseImage("node");
      await at.copyTo(reference, "skopeo:oci");
      await expectSame(at, "skopeo:oci");
      await at.copyTo(reference, "skopeo:docker", "--format=v2s2");
      await expectSame(at, "skopeo:docker");
      await at.copyTo(reference, "skopeo:zstd", "--dest-compress-format=zstd");
      await expectSame(at, "skopeo:zstd");
    });

    it("gives what buildah pushed to Strake, bit for bit", async () => {
      const file = join(temporaryFolder(), "file");
      writeFileSync(file, `for ${name}\n`);
      const container = (await at.buildah("from", "scratch")).trim();
      await at.buildah("copy", "--quiet", container, file, "/file");
      await at.buildah("config", "--cmd", "/file", "--label", "a=b", container);
      await at.buildah("commit", "--quiet", container, "made");
      for (const format of ["oci", "v2s2"]) {
        const target = `docker://${at.address}/buildah:${format}`;
        await at.buildah("push", "--quiet", "--format", format, "{registry}", "made", target);
        await expectSame(at, `buildah:${format}`);
      }
      await at.buildah("rm", container);
    });

    need(...dockerNeeds)("with the Docker Engine", () => {
      it("gives it what Strake pushed", async () => {
        const printed = await at.docker("pull", `${at.address}/site:1`);
        expect(printed).toContain(`Digest: ${pushed.digest}`);
        const told = await at.docker("image", "inspect", `${at.address}/site:1`);
        const [{ Id, RepoDigests }] = JSON.parse(told) as [{ Id: string; RepoDigests: string[] }];
        expect(Id).toBe(pushed.id);
        expect(RepoDigests).toContain(`${at.address}/site@${pushed.digest}`);
      });

      it("gives what it pushed to Strake, bit for bit", async () => {
        const { reference } = await baseImage("busybox");
        const archive = join(temporaryFolder(), "busybox.tar");
        const target = `${at.address}/docker:1`;
        await runOrThrow("skopeo", ["copy", "--quiet", reference, `docker-archive:${archive}:${target}`]);
        await at.docker("load", "--input", archive);
        const printed = await at.docker("push", target);
        expect(printed).toContain(`digest: ${await at.digest("docker:1")}`);
        await expectSame(at, "docker:1");
      });
    });
  });

  it("is not trusted without its authority, and is told how it could be", async () => {
    const at = await visitor("with-a-certificate-of-one-s-own-authority", { tls: true });
    const pulled = await runStrake(["pull", `${at.address}/site:1`]);
    expect(pulled.status).toBe(1);
    expect(pulled.stderr).toMatch(/certificate/i);
    expect(pulled.stderr).toContain("ca in the registry settings");
  });
});

/** Builds and pushes an image with Strake. */
async function pushSite(at: Visitor): Promise<{ digest: string; id: string }> {
  const cwd = siteProject();
  const metadata = join(cwd, "metadata.json");
  const args = ["build", "--push", "-t", `${at.address}/site:1`, "--metadata-file", metadata, "--progress", "plain"];
  const built = await at.strake(args, { cwd, home: temporaryFolder() });
  expect(built.status, built.stderr).toBe(0);
  expect(built.stdout + built.stderr).not.toContain(login.password);
  const { web } = JSON.parse(readFileSync(metadata, "utf8")) as { web: Record<string, string> };
  const digest = web["containerimage.digest"] ?? "";
  const id = web["containerimage.config.digest"] ?? "";
  expect(await at.digest("site:1")).toBe(digest);
  return { digest, id };
}

/** Pulls an image with Strake, and finds the same digest in what it saves and in what it pushes elsewhere. */
async function expectSame(at: Visitor, name: string): Promise<void> {
  const digest = await at.digest(name);
  const [home, folder] = [temporaryFolder(), temporaryFolder()];
  const strake = async (...args: string[]) => {
    const result = await at.strake(args, { cwd: folder, home });
    expect(result.status, result.stderr).toBe(0);
    return result;
  };
  expect((await strake("pull", `${at.address}/${name}`)).stderr).toContain(`Digest: ${digest}`);
  await strake("save", "--format", "oci", "-o", "saved.tar", `${at.address}/${name}`);
  const saved = await runOrThrow("skopeo", ["inspect", "--raw", `oci-archive:${folder}/saved.tar`]);
  expect(digestOf(saved)).toBe(digest);
  const elsewhere = `${(await registry("elsewhere")).address}/${name}`;
  await strake("tag", `${at.address}/${name}`, elsewhere);
  expect((await strake("push", elsewhere)).stdout).toContain(`${elsewhere} ${digest}`);
  const there = await runOrThrow("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${elsewhere}`]);
  expect(digestOf(there)).toBe(digest);
}
