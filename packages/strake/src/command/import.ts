import { once } from "node:events";
import { open } from "node:fs/promises";
import { addAbortSignal, PassThrough, type Readable } from "node:stream";
import { LocalImages, type Store } from "@strake/engine";
import {
  type ContainerConfig,
  decompress,
  imageFrom,
  imageId,
  indexTar,
  layerFromBlob,
  mediaType,
  OciError,
  type Platform,
  parseReference,
} from "@strake/oci";
import { checkInput } from "../compose/check-path.ts";
import { applyChange } from "./option/change.ts";
import type { ImportRequest } from "./request.ts";

/** What an import takes from its surroundings. */
export interface ImportSurroundings {
  readonly standardInput: Readable;
  /** What the image is for where nobody says. */
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

/**
 * Makes an image of one layer from a tar of a root file system, as `docker import` does.
 *
 * The tar is read to its end and understood before anything is kept.
 *
 * @returns what `strake import` prints: the image's id
 */
export async function importImage(store: Store, request: ImportRequest, around: ImportSurroundings): Promise<string> {
  around.signal.throwIfAborted();
  const names = request.reference === undefined ? [] : [parseReference(request.reference)];
  if (request.file !== "-") checkInput(request.file);
  const config = request.changes.reduce(applyChange, {} as ContainerConfig);
  const what = request.file === "-" ? "standard input" : request.file;
  const source = request.file === "-" ? around.standardInput : await openFile(request.file);
  const tar = checkedTar(decompress(addAbortSignal(around.signal, source), what), what);
  const { digest, size } = await store.blobs.add(tar);
  const layer = layerFromBlob(store.blobs, { mediaType: mediaType.ociLayer, digest, size }, digest);
  const created = new Date(request.epoch * 1000).toISOString().replace(".000Z", "Z");
  const platform = request.platform ?? around.platform;
  const image = imageFrom({
    layers: [layer],
    config: {
      architecture: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      os: platform.os,
      created,
      config,
      history: [{ created, comment: request.message ?? "Imported from -" }],
    },
  });
  await new LocalImages(store).put(image, names);
  return `${await imageId(image)}\n`;
}

/** Opens a file before anything else is done, so that one that cannot be read is an error of its own. */
async function openFile(path: string): Promise<Readable> {
  const handle = await open(path);
  return handle.createReadStream({ highWaterMark: 1 << 20 });
}

/**
 * Passes a tar on while it is being read; whoever keeps it gets the error at the place where it stops making sense.
 *
 * @param what where the tar comes from, for the error
 */
async function* checkedTar(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough({ highWaterMark: 1 << 20 });
  const reading = indexTar(copy).catch((error: unknown) => {
    throw OciError.is(error) ? new OciError(error.code, `${what} is not a whole tar: ${error.message}`) : error;
  });
  // Waited for below; a rejection before that is not an unhandled one.
  reading.catch(() => {});
  for await (const chunk of source) {
    if (!copy.write(chunk)) await Promise.race([once(copy, "drain"), reading]);
    yield chunk;
  }
  copy.end();
  await reading;
}
