import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** One platform's image of a layout. */
export interface LayoutImage {
  readonly architecture: string;
  readonly variant?: string;
  /** Layer tars, lowest first. */
  readonly layers: readonly LayoutLayer[];
  /** The `config` object of the image configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A layer of a layout. */
export interface LayoutLayer {
  /** The path of the uncompressed tar. */
  readonly tar: string;
  /** What the history says made it. */
  readonly createdBy: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const created = "2024-01-01T00:00:00Z";
const prefix = "application/vnd.oci.image";

/**
 * Writes an OCI image layout (OCI Image Layout Specification 1.1) from layer tars, by hand: bases of tests must
 * not come from the code under test. Several images become an index of platforms.
 */
export async function writeLayout(folder: string, tag: string, images: readonly LayoutImage[]): Promise<void> {
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const manifests: Descriptor[] = [];
  for (const image of images) manifests.push(await writeManifest(folder, image));
  const [first] = manifests;
  const target =
    manifests.length === 1 && first !== undefined
      ? first
      : writeDocument(folder, `${prefix}.index.v1+json`, { manifests });
  const annotations = { "org.opencontainers.image.ref.name": tag };
  const index = { schemaVersion: 2, manifests: [{ ...target, annotations }] };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
}

async function writeManifest(folder: string, image: LayoutImage): Promise<Descriptor> {
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const { tar } of image.layers) {
    const bytes = readFileSync(tar);
    diffIds.push(digestOf(bytes));
    layers.push(writeBlob(folder, `${prefix}.layer.v1.tar+gzip`, await promisify(gzip)(bytes)));
  }
  const { architecture, variant } = image;
  const platform = { architecture, os: "linux", ...(variant === undefined ? {} : { variant }) };
  const config = writeDocument(folder, `${prefix}.config.v1+json`, {
    ...platform,
    created,
    config: image.config,
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [
      ...image.layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
      { created, created_by: `CMD ${JSON.stringify(image.config.Cmd ?? [])}`, empty_layer: true },
    ],
  });
  return { ...writeDocument(folder, `${prefix}.manifest.v1+json`, { config, layers }), platform };
}

function writeDocument(folder: string, mediaType: string, document: object): Descriptor {
  const withHead = mediaType.includes("config") ? document : { schemaVersion: 2, mediaType, ...document };
  return writeBlob(folder, mediaType, Buffer.from(JSON.stringify(withHead)));
}

function writeBlob(folder: string, mediaType: string, bytes: Buffer): Descriptor {
  const digest = digestOf(bytes);
  writeFileSync(join(folder, "blobs", digest.replace(":", "/")), bytes);
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
