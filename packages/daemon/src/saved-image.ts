import { posix } from "node:path";
import {
  type BlobStore,
  type Digest,
  detectCompression,
  type Image,
  imageFrom,
  type Layer,
  layerFromBlob,
  layerMediaType,
  magicLength,
  manifestSizeLimit,
  mediaType,
  parseImageConfig,
  readBlob,
  readTar,
  sha256,
} from "@strake/oci";
import { DaemonError } from "./daemon-error.ts";

/** What the documents of a saved image may have in size; nothing else of it is held in memory. */
const documentLimit = manifestSizeLimit;

/** What a file of a saved image came to: a document's bytes, or a blob of the store. */
type SavedFile = { readonly bytes: Uint8Array } | { readonly digest: Digest; readonly size: number };

/**
 * Reads the tar in which a Docker Engine saves one image, from its beginning to its end: layers go into the store as
 * they come, and nothing is written besides.
 *
 * The config is kept under its digest, which is the image's id with all engines but those that keep images in
 * containerd; so `keptImage` finds it again.
 *
 * @param from the engine's address, for messages
 * @throws DaemonError `refused` for a tar in which an image is missing something
 */
export async function readSavedImage(tar: AsyncIterable<Uint8Array>, blobs: BlobStore, from: string): Promise<Image> {
  const files = new Map<string, SavedFile>();
  const links = new Map<string, string>();
  for await (const { entry, body } of readTar(tar)) {
    const { path, type, linkname = "" } = entry;
    if (type === "symlink") links.set(path, posix.join(posix.dirname(path), linkname));
    else if (type === "hardlink") links.set(path, linkname);
    else if (type === "file") files.set(path, await readFile(entry.path, entry.size, body(), blobs));
  }
  const missing = (what: string) =>
    new DaemonError("refused", `${from} saved an image without ${what}`, { hint: "Look at the daemon's log." });
  const find = (path: string): SavedFile => {
    const found = files.get(path) ?? files.get(links.get(path) ?? "");
    if (found === undefined) throw missing(path);
    return found;
  };
  const document = async (path: string) => {
    const found = find(path);
    return "bytes" in found ? found.bytes : readBlob(blobs, found.digest, documentLimit, path);
  };
  const [saved] = JSON.parse(Buffer.from(await document("manifest.json")).toString()) as SavedManifest[];
  if (saved === undefined) throw missing("its manifest");
  const config = await document(saved.Config);
  const { diff_ids: diffIds } = parseImageConfig(config, saved.Config).rootfs;
  const layers: Layer[] = [];
  for (const [at, path] of saved.Layers.entries()) {
    const found = find(path);
    const diffId = diffIds[at];
    if (diffId === undefined || "bytes" in found) throw missing(path);
    layers.push(layerFromBlob(blobs, { ...found, mediaType: await typeOf(blobs, found.digest, diffId) }, diffId));
  }
  await blobs.put(sha256(config), config);
  return imageFrom({ config, layers });
}

/** An image that was saved into a store before, by its id; undefined where anything of it is missing. */
export async function keptImage(blobs: BlobStore, id: Digest): Promise<Image | undefined> {
  if (!(await blobs.has(id))) return undefined;
  const config = await readBlob(blobs, id, documentLimit, `the config ${id}`);
  const layers: Layer[] = [];
  for (const diffId of parseImageConfig(config, "config").rootfs.diff_ids) {
    const size = await blobs.size(diffId);
    if (size === undefined) return undefined;
    layers.push(layerFromBlob(blobs, { mediaType: mediaType.ociLayer, digest: diffId, size }, diffId));
  }
  return imageFrom({ config, layers });
}

/** An element of `manifest.json` (moby/moby, image/tarexport). */
interface SavedManifest {
  readonly Config: string;
  readonly Layers: readonly string[];
}

/** Documents are held, layers stored; in the newer form both are blobs, told apart by size alone. */
async function readFile(
  path: string,
  size: number,
  body: AsyncIterable<Uint8Array>,
  blobs: BlobStore,
): Promise<SavedFile> {
  const isLayer = path.endsWith("/layer.tar") || path.startsWith("blobs/");
  if (isLayer) return blobs.add(body);
  const chunks: Uint8Array[] = [];
  // Whatever else is in it is small; what is not is no document that anything names.
  if (size <= documentLimit) for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return { bytes: Buffer.concat(chunks) };
}

async function typeOf(blobs: BlobStore, digest: Digest, diffId: Digest): Promise<string> {
  if (digest === diffId) return mediaType.ociLayer;
  let first = Buffer.alloc(0);
  for await (const chunk of blobs.get(digest)) {
    first = Buffer.concat([first, chunk]);
    if (first.length >= magicLength) break;
  }
  const compression = detectCompression(first);
  return layerMediaType(compression === "gzip" || compression === "zstd" ? compression : "none");
}
