import { detectCompression } from "../compression/detect.ts";
import { type Digest, isDigest } from "../digest.ts";
import { manifestSizeLimit } from "../document/descriptor.ts";
import { configSizeLimit, parseImageConfig } from "../document/image-config.ts";
import { fault, member, optional, parseJsonValue, readList, readText, readTextList } from "../document/located-json.ts";
import { createHasher } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { layerFromBlob } from "../layer/layer-from-blob.ts";
import { once } from "../layer/once.ts";
import { layerMediaType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import { configPlatform, imageFrom } from "../view/assemble.ts";
import { type ArchivedFile, type ArchiveIndex, readArchived } from "./archive-blob-store.ts";
import type { StoredImage } from "./image-file.ts";

/** One image of the archive's `manifest.json`. */
interface DockerManifest {
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly layers: readonly string[];
}

/**
 * Reads the images of an archive that `docker save` wrote, in its old form (`<id>/layer.tar`) or its new (`blobs/`).
 *
 * The format has no manifests, so the images get new ones, over the layers as they are stored.
 *
 * @param where what the archive is, for errors
 * @throws OciError `invalid-layout`, `invalid-document`
 */
export async function readDockerArchive(index: ArchiveIndex, where: string): Promise<readonly StoredImage[]> {
  const bytes = await index.read("manifest.json", manifestSizeLimit, where);
  return parseDockerManifests(bytes, `manifest.json of ${where}`).map((manifest) => {
    const image = once(() => openImage(index, manifest, where));
    return {
      names: manifest.repoTags,
      platforms: async () => [configPlatform(await (await image()).config())],
      image,
    };
  });
}

function parseDockerManifests(bytes: Uint8Array, what: string): readonly DockerManifest[] {
  return readList(parseJsonValue(bytes, what, manifestSizeLimit), (at) => ({
    config: readText(member(at, "Config")),
    repoTags: optional(at, "RepoTags", readTextList).RepoTags ?? [],
    layers: optional(at, "Layers", readTextList).Layers ?? [],
  }));
}

async function openImage(index: ArchiveIndex, manifest: DockerManifest, where: string): Promise<Image> {
  const rawConfig = await index.read(manifest.config, configSizeLimit, where);
  const config = parseImageConfig(rawConfig, `config of ${manifest.repoTags[0] ?? manifest.config} in ${where}`);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    const problem = `has ${manifest.layers.length} layers, and the config has ${diffIds.length} diff ids`;
    throw fault({ value: undefined, path: "Layers", what: `manifest.json of ${where}` }, problem);
  }
  const layers: Layer[] = [];
  for (const [at, name] of manifest.layers.entries()) {
    const file = index.file(name);
    if (file === undefined) throw new OciError("invalid-layout", `${where} lacks ${name}`);
    layers.push(await openLayer(file, name, diffIds[at] as Digest));
  }
  return imageFrom({ config: rawConfig, layers });
}

/** Makes a layer of a file in the archive; Docker stores them unpacked, others packed too. */
async function openLayer(file: ArchivedFile, name: string, diffId: Digest): Promise<Layer> {
  const detected = await firstCompression(file);
  const compression = detected === "gzip" || detected === "zstd" ? detected : "none";
  const digest = compression === "none" ? diffId : await packedDigest(file, name);
  const descriptor = { mediaType: layerMediaType(compression), digest, size: file.size };
  return layerFromBlob({ get: () => readArchived(file) }, descriptor, diffId);
}

async function firstCompression(file: ArchivedFile): Promise<ReturnType<typeof detectCompression>> {
  for await (const chunk of readArchived({ ...file, size: Math.min(file.size, 16) })) return detectCompression(chunk);
  return "none";
}

async function packedDigest(file: ArchivedFile, name: string): Promise<Digest> {
  const named = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name);
  const digest = `${named?.[1]}:${named?.[2]}`;
  if (isDigest(digest)) return digest;
  const hasher = createHasher();
  for await (const chunk of readArchived(file)) hasher.update(chunk);
  return hasher.digest();
}
