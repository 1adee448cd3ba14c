import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBusyboxChanges, makeBusyboxRoot, makeDebianRoot, makeGoRoot, makeNodeRoot } from "./base-roots.ts";
import { madeOnce } from "./made-once.ts";
import { pushImage, type Registry, registry } from "./registry.ts";
import { runFolder } from "./run-folder.ts";
import { runOrThrow } from "./run-program.ts";
import { type LayoutLayer, writeLayout } from "./write-layout.ts";

/** A stand-in for a public image. */
export interface BaseImage {
  /** The folder of its OCI layout, which holds this image only. */
  readonly layout: string;
  /** How skopeo and umoci name it: `oci:FOLDER:latest`. */
  readonly reference: string;
}

/** The programs stand-ins are made with, for `need`; `debian` also needs `mmdebstrap` and its package mirror. */
export const baseNeeds: readonly string[] = ["root", "linux", "busybox", "tar", "setfattr"];

/** Change it with anything that changes what is made below: the images are kept between runs. */
const edition = "1";
const folder = join(tmpdir(), "strake-test-bases", edition);
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const architecture = process.arch === "x64" ? "amd64" : process.arch;
const otherArchitecture = architecture === "amd64" ? "arm64" : "amd64";

const makers: Readonly<Record<string, (layout: string) => Promise<void>>> = {
  busybox: makeBusybox,
  alpine: makeBusybox,
  debian: makeDebian,
  node: makeNode,
  golang: makeGo,
};

/**
 * Returns the stand-in for a Docker Hub image, any tag of `busybox`, `alpine` (busybox too), `debian`, `node`
 * (a busybox with this machine's `node`) or `golang` (a busybox with a `go` that only pretends).
 *
 * Each is made once per machine and kept in the system's temporary folder.
 *
 * @throws for any other name.
 */
export async function baseImage(name: string): Promise<BaseImage> {
  const repository = name.replace(/^(docker\.io\/)?(library\/)?/, "").split(":")[0] ?? "";
  const make = makers[repository];
  if (make === undefined) throw new Error(`no stand-in for ${name}; there are ${Object.keys(makers).join(", ")}`);
  const layout = await madeOnce(join(folder, repository), make);
  return { layout, reference: `oci:${layout}:latest` };
}

/**
 * Puts stand-ins into the run's registry under their Docker Hub names (`node:24-slim` as `library/node:24-slim`),
 * where the run's buildkitd and Docker Engine look first, and returns that registry.
 *
 * Each is put there once in a run: docker-registry writes what a tag stands for into the file that others read it from.
 */
export async function serveBases(...names: string[]): Promise<Registry> {
  const served = await registry();
  for (const name of names) {
    const tagged = name.includes(":") ? name : `${name}:latest`;
    await madeOnce(join(runFolder(), "served", tagged), async () => {
      const { reference } = await baseImage(name);
      await pushImage(served, reference, `library/${tagged}`);
    });
  }
  return served;
}

/** As on Docker Hub, an index of platforms. */
async function makeBusybox(layout: string): Promise<void> {
  const layers = await busyboxLayers();
  const config = { Env: [`PATH=${path}`], Cmd: ["sh"] };
  await writeLayout(layout, "latest", [
    { architecture: otherArchitecture, ...(otherArchitecture === "arm64" ? { variant: "v8" } : {}), layers, config },
    { architecture, layers, config },
  ]);
}

async function makeDebian(layout: string): Promise<void> {
  const tar = `${layout}.tar`;
  await makeDebianRoot(tar);
  const layers = [{ tar, createdBy: "# debian.sh --arch 'amd64' out/ 'bookworm'" }];
  await writeLayout(layout, "latest", [{ architecture, layers, config: { Env: [`PATH=${path}`], Cmd: ["bash"] } }]);
  rmSync(tar);
}

async function makeNode(layout: string): Promise<void> {
  const config = {
    Env: [`PATH=${path}`, `NODE_VERSION=${process.versions.node}`],
    Entrypoint: ["docker-entrypoint.sh"],
    Cmd: ["node"],
  };
  const layers = [...(await busyboxLayers()), await layer("node", makeNodeRoot, "gnu")];
  await writeLayout(layout, "latest", [{ architecture, layers, config }]);
}

async function makeGo(layout: string): Promise<void> {
  const config = {
    Env: [`PATH=/go/bin:/usr/local/go/bin:${path}`, "GOLANG_VERSION=1.24.0", "GOTOOLCHAIN=local", "GOPATH=/go"],
    WorkingDir: "/go",
    Cmd: ["bash"],
  };
  const layers = [...(await busyboxLayers()), await layer("golang", makeGoRoot, "ustar")];
  await writeLayout(layout, "latest", [{ architecture, layers, config }]);
}

async function busyboxLayers(): Promise<LayoutLayer[]> {
  return [await layer("busybox", makeBusyboxRoot, "pax"), await layer("busybox-changes", makeBusyboxChanges, "gnu")];
}

/** Makes the tar of a layer with GNU tar, in a chosen one of its formats, once. */
async function layer(
  name: string,
  make: (root: string) => Promise<void>,
  format: "pax" | "gnu" | "ustar",
): Promise<LayoutLayer> {
  const made = await madeOnce(join(folder, "layers", name), async (unfinished) => {
    const root = join(unfinished, "root");
    mkdirSync(root);
    await make(root);
    const xattrs = format === "pax" ? ["--xattrs", "--xattrs-include=*"] : [];
    const order = ["--sort=name", "--mtime=@1700000000", "--numeric-owner", `--format=${format}`, ...xattrs];
    await runOrThrow("tar", [...order, "-C", root, "-cf", join(unfinished, "layer.tar"), "."]);
    rmSync(root, { recursive: true });
  });
  return { tar: join(made, "layer.tar"), createdBy: `ADD ${name}.tar / # buildkit` };
}
