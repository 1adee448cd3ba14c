import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry")("-o type=image,push-by-digest=true", () => {
  it("pushes an image, or an index of several, and leaves tags alone", async () => {
    const { address } = await registry();
    const repository = `digests/app-${Date.now()}`;
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").write("/a", "a");\n`,
    });
    const home = temporaryFolder();
    for (const platforms of ["linux/amd64", "linux/amd64,linux/arm64"]) {
      const output = `type=image,name=${address}/${repository},push-by-digest=true,name-canonical=true,push=true`;
      const build = (to: string) =>
        runStrake(["build", "--progress", "plain", "--platform", platforms, "-o", to], { cwd, home });
      const built = await build(output);
      expect(built.status, built.stderr).toBe(0);
      const digest = / => \S+ (sha256:[0-9a-f]{64})$/m.exec(built.stderr)?.[1];
      const found = await fetch(`http://${address}/v2/${repository}/manifests/${digest}`, {
        headers: { accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json" },
      });
      expect(found.status).toBe(200);
      expect((await build(output)).stderr).toContain("(unchanged)");
      const tagged = await build(output.replace(repository, `${repository}:1`));
      expect([tagged.status, tagged.stderr]).toEqual([2, expect.stringContaining("has a tag")]);
      expect(await found.json()).toMatchObject(platforms.includes(",") ? { manifests: [{}, {}] } : { layers: [{}] });
    }
    const listed = await fetch(`http://${address}/v2/${repository}/tags/list`);
    expect(((await listed.json()) as { tags?: unknown }).tags ?? null).toBeNull();
    const kept = await runStrake(["build", "-o", "type=image,name=a,push-by-digest=true"], { cwd });
    expect([kept.status, kept.stderr]).toEqual([2, expect.stringContaining("is for images that are pushed")]);
  });
});
