import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../blob-store/file-writer.ts";
import { readFileChunks } from "../blob-store/read-file.ts";
import { decompress, detectCompression, magicLength } from "../compression/detect.ts";
import { manifestSizeLimit } from "../document/descriptor.ts";
import { parseImageIndex } from "../document/image-index.ts";
import { OciError } from "../oci-error.ts";
import { indexTar } from "../tar/index-tar.ts";
import { ArchiveBlobStore, ArchiveIndex } from "./archive-blob-store.ts";
import type { ImageFile } from "./image-file.ts";
import { readDockerArchive } from "./read-docker-archive.ts";
import { checkLayoutVersion, readOciLayout, storedImages } from "./read-oci-layout.ts";

/**
 * Opens a folder or a file that holds images, whichever form it has: an OCI layout, the same as a tar, or a tar of
 * `docker save`; tars may be packed.
 *
 * A tar that is both is read as an OCI layout, which keeps its manifests. A packed tar is unpacked into a temporary
 * folder that `close` removes.
 *
 * @throws OciError `not-found`, `invalid-layout` where it is none of these, `invalid-tar`, `invalid-compression`
 */
export async function openImageFile(path: string): Promise<ImageFile> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be read: ${cause.message}`;
    throw new OciError("not-found", `${path} ${why}`, { cause });
  });
  if (found.isDirectory()) return readOciLayout(path);
  if (detectCompression(await firstBytes(path)) === "none") return openTar(path, path, async () => {});
  const folder = await mkdtemp(join(tmpdir(), "strake-archive-"));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const unpacked = join(folder, "archive.tar");
    await unpack(path, unpacked);
    return await openTar(path, unpacked, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The list of what a tar has; what is wrong with it is said with the file's own name. */
async function indexOf(name: string, path: string): ReturnType<typeof indexTar> {
  try {
    return await indexTar(readFileChunks(path), path);
  } catch (error) {
    if (!(error instanceof OciError) || error.code !== "invalid-tar") throw error;
    throw new OciError("invalid-tar", `${name} is not a whole tar: ${error.message}`, { cause: error });
  }
}

async function openTar(name: string, path: string, close: () => Promise<void>): Promise<ImageFile> {
  const index = new ArchiveIndex(path, await indexOf(name, path));
  if (index.has("oci-layout") && index.has("index.json")) {
    checkLayoutVersion(await index.read("oci-layout", manifestSizeLimit, name), name);
    const document = parseImageIndex(await index.read("index.json", manifestSizeLimit, name), `index.json of ${name}`);
    const blobs = new ArchiveBlobStore(index);
    return { format: "oci-archive", images: storedImages(blobs, document), blobs, close };
  }
  if (index.has("manifest.json")) {
    return { format: "docker-archive", images: await readDockerArchive(index, name), close };
  }
  const names = index.names.slice(0, 5);
  throw new OciError(
    "invalid-layout",
    `${name} holds no image: it has neither index.json (OCI) nor manifest.json (docker save)` +
      (names.length === 0 ? "" : `; it begins with ${names.join(", ")}`),
  );
}

async function unpack(path: string, target: string): Promise<void> {
  const writer = await FileWriter.create(target);
  try {
    await writer.writeAll(decompress(readFileChunks(path), path));
    await writer.flush();
  } finally {
    await writer.close();
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magicLength), 0, magicLength, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
