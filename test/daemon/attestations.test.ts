import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface ManifestDocument {
  readonly manifests: readonly { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }[];
  readonly layers: readonly { readonly digest: string }[];
}

need(
  ...buildkitNeeds,
  ...baseNeeds,
  "skopeo",
)("attestations", () => {
  const attest = "type=provenance,mode=max";

  async function build(...args: string[]) {
    const bases = await serveBases("busybox");
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    const text = `import { image } from "strake";\nexport const app = image().from("busybox").copy("a.txt", "/a");\n`;
    const cwd = project({ "build.ts": text, "a.txt": "a\n" });
    return { cwd, ...(await runStrake(["build", ...args], { cwd, env: { STRAKE_REGISTRIES: settings } })) };
  }

  /** The statement that an index has of the one image in it. */
  function statementOf(read: (digest: string) => string, index: string) {
    const { manifests } = JSON.parse(index) as ManifestDocument;
    const [image, attestation] = manifests;
    expect(manifests).toHaveLength(2);
    expect(attestation?.annotations).toEqual({
      "vnd.docker.reference.digest": image?.digest,
      "vnd.docker.reference.type": "attestation-manifest",
    });
    const { layers } = JSON.parse(read(attestation?.digest as string)) as ManifestDocument;
    return { image: image?.digest.split(":")[1], statement: JSON.parse(read(layers[0]?.digest as string)) };
  }

  it("of a BuildKit go to registries and into OCI layouts, with the image that they are of", async () => {
    const [{ address }, served] = await Promise.all([buildkitDaemon(), registry()]);
    const name = `${served.address}/attested:${Date.now()}`;
    const outputs = ["--push", "-t", name, "-o", "type=oci,tar=false,dest=image"];
    const built = await build("--builder", address, "--attest", attest, ...outputs);
    expect(built.status, built.stderr).toBe(0);
    const copied = temporaryFolder();
    await runOrThrow("skopeo", [
      "copy",
      "-q",
      "--all",
      "--src-tls-verify=false",
      `docker://${name}`,
      `oci:${copied}:c`,
    ]);
    const written = join(built.cwd, "image");
    const found = [copied, written].map((folder) => {
      const read = (digest: string) => readFileSync(join(folder, "blobs", digest.replace(":", "/")), "utf8");
      const [root] = (JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as ManifestDocument).manifests;
      return statementOf(read, read(root?.digest as string));
    });
    expect(found[0]).toEqual(found[1]);
    expect(found[0]?.statement).toMatchObject({
      predicateType: expect.stringContaining("slsa.dev/provenance"),
      predicate: expect.anything(),
    });
  });

  it("are refused where they would be lost", async () => {
    const { address } = await buildkitDaemon();
    for (const [args, message] of [
      [["--builder", "engine", "--push"], "attestations are made by a BuildKit"],
      [["--builder", address], "attestations go to registries and into OCI files only"],
      [["--builder", address, "--push", "-o", "files"], "attestations go to registries and into OCI files only"],
    ] as const) {
      const { status, stderr } = await build("--attest", attest, ...args);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it("that a daemon does not make are told", async () => {
    const { address } = await buildkitDaemon();
    const other = process.arch === "x64" ? "linux/arm64" : "linux/amd64";
    const args = ["--platform", other, "-o", "type=oci,dest=image.tar"];
    const { status, stderr } = await build("--builder", address, "--provenance=true", ...args);
    expect([status, stderr]).toEqual([0, expect.stringContaining(`attests nothing of an image for ${other}`)]);
  });
});
