import { decompress, detectCompression } from "../compression/detect.ts";
import type { Digest } from "../digest.ts";
import type { Descriptor } from "../document/descriptor.ts";
import { type ImageConfig, parseImageConfig } from "../document/image-config.ts";
import { type Manifest, parseManifest } from "../document/manifest.ts";
import { createHasher, type Hasher, sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { layerCompression } from "../media-type.ts";
import { OciError } from "../oci-error.ts";

/** A place where an image contradicts itself. */
export interface Mismatch {
  /** Where, such as `layers[2].diffId`. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Computes every digest, size and diff id of an image anew and reports all that is not as its documents say.
 *
 * Every layer is read and unpacked once; nothing that the image believes of itself is taken for true. Errors of reading
 * that are no contradictions, such as a lost connection, are thrown.
 */
export async function verifyImage(image: Image): Promise<readonly Mismatch[]> {
  const found: Mismatch[] = [];
  const manifest = await parsed(found, "manifest", async () => parseManifest(await image.rawManifest(), "manifest"));
  const rawConfig = await image.rawConfig();
  const config = await parsed(found, "config", async () => parseImageConfig(rawConfig, "config"));
  if (manifest === undefined || config === undefined) return found;
  compare(found, "config.digest", manifest.config.digest, sha256(rawConfig));
  compare(found, "config.size", manifest.config.size, rawConfig.length);
  const layers = await image.layers();
  compareCounts(found, manifest, config, layers.length);
  for (const [at, layer] of layers.entries()) {
    const descriptor = manifest.layers[at];
    const diffId = config.rootfs.diff_ids[at];
    if (descriptor !== undefined && diffId !== undefined) {
      await verifyLayer(found, `layers[${at}]`, layer, descriptor, diffId);
    }
  }
  return found;
}

function compareCounts(found: Mismatch[], manifest: Manifest, config: ImageConfig, layers: number): void {
  const count = config.rootfs.diff_ids.length;
  compare(found, "manifest.layers.length", count, manifest.layers.length);
  compare(found, "layers.length", count, layers);
  if (config.history === undefined || config.history.length === 0) return;
  const filled = config.history.filter((step) => step.empty_layer !== true).length;
  compare(found, "config.history, steps with a layer", count, filled);
}

async function verifyLayer(
  found: Mismatch[],
  where: string,
  layer: Layer,
  descriptor: Descriptor,
  diffId: Digest,
): Promise<void> {
  const packed = createHasher(descriptor.digest.startsWith("sha512:") ? "sha512" : "sha256");
  const unpacked = createHasher(diffId.startsWith("sha512:") ? "sha512" : "sha256");
  let first: Uint8Array = new Uint8Array(0);
  const failure = await parsed(found, where, async () => {
    const noted = noting(layer.compressed(), packed, (chunk) => {
      if (first.length === 0) first = chunk;
    });
    for await (const chunk of decompress(noted, where)) unpacked.update(chunk);
    return "read";
  });
  if (failure === undefined) return;
  compare(found, `${where}.digest`, descriptor.digest, packed.digest());
  compare(found, `${where}.size`, descriptor.size, packed.size);
  compare(found, `${where}.diffId`, diffId, unpacked.digest());
  compare(found, `${where}.mediaType`, descriptor.mediaType, layer.mediaType);
  const said = layerCompression(descriptor.mediaType);
  if (said !== undefined) compare(found, `${where}, compression`, said, detectCompression(first));
}

async function* noting(
  source: AsyncIterable<Uint8Array>,
  hasher: Hasher,
  note: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    note(chunk);
    hasher.update(chunk);
    yield chunk;
  }
}

/** Does what may show that content is wrong, and notes it where it does. */
async function parsed<T>(found: Mismatch[], where: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!OciError.is(error)) throw error;
    found.push({ where, expected: "readable content", found: error.message });
    return undefined;
  }
}

function compare(found: Mismatch[], where: string, expected: string | number, actual: string | number): void {
  if (expected !== actual) found.push({ where, expected: String(expected), found: String(actual) });
}
