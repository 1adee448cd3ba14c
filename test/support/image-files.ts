import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "./run-program.ts";
import { type TreeFile, walkFiles } from "./walk-files.ts";

/** An image as tools that are not ours see it. */
export interface JudgedImage {
  /** The files of the last layer's tree, sorted by path. */
  readonly files: readonly TreeFile[];
  /** The image configuration document. */
  readonly config: ImageConfigDocument;
}

/** The image configuration (OCI Image Configuration 1.1), as far as images are compared. */
export interface ImageConfigDocument {
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly Readonly<Record<string, unknown>>[];
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly [field: string]: unknown;
}

/** The programs an image is judged with, for `need`. */
export const judgeNeeds: readonly string[] = ["root", "skopeo", "umoci", "tar", "getfattr"];

/**
 * Unpacks an image with skopeo and umoci and returns its files and configuration.
 *
 * `image` is a file (docker tar or OCI tar), the folder of an OCI layout, either with `:TAG` where it holds several
 * images, or any name with a transport that skopeo knows (`docker://…`).
 *
 * @throws when a tool refuses the image.
 */
export async function imageFiles(image: string): Promise<JudgedImage> {
  const work = mkdtempSync(join(tmpdir(), "strake-test-judge-"));
  try {
    const source = await skopeoName(image);
    const config = await imageConfig(image);
    const copy = join(work, "layout");
    await runOrThrow("skopeo", ["copy", "--quiet", "--src-tls-verify=false", source, `oci:${copy}:judged`]);
    await runOrThrow("umoci", ["unpack", "--image", `${copy}:judged`, join(work, "bundle")]);
    return { config, files: await walkFiles(join(work, "bundle/rootfs")) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Returns an image's configuration document as skopeo reads it. */
export async function imageConfig(image: string): Promise<ImageConfigDocument> {
  const raw = ["inspect", "--config", "--raw", "--tls-verify=false", await skopeoName(image)];
  return JSON.parse(await runOrThrow("skopeo", raw)) as ImageConfigDocument;
}

/** Returns the name skopeo gives an image in a file, a folder or elsewhere. */
export async function skopeoName(image: string): Promise<string> {
  if (/^(docker|docker-daemon|docker-archive|oci|oci-archive|dir):/.test(image)) return image;
  const [, path = image, tag = ""] = existsSync(image) ? [] : (/^(.*?)(:[^:/]+)$/.exec(image) ?? []);
  if (statSync(path).isDirectory()) return `oci:${path}${tag}`;
  const names = (await runOrThrow("tar", ["-tf", path])).split("\n");
  // A tar of BuildKit or Docker 25 is both; `docker load` reads the docker side.
  const transport = names.some((name) => /^(\.\/)?manifest\.json$/.test(name)) ? "docker-archive" : "oci-archive";
  return `${transport}:${path}${tag}`;
}
