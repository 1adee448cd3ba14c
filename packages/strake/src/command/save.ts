import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { LocalImages, type Store } from "@strake/engine";
import {
  dockerArchivesStream,
  isStream,
  ociArchiveStream,
  parseReference,
  writeDockerArchives,
  writeOciArchive,
} from "@strake/oci";
import { checkOutputFile } from "../compose/check-path.ts";
import { findImage } from "./find-image.ts";
import type { SaveRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** Writes images of the store to a file, or to standard output. */
export async function saveImages(store: Store, request: SaveRequest, signal: AbortSignal): Promise<void> {
  if (request.output === undefined && process.stdout.isTTY) {
    throw usageError("an image cannot be written to a terminal", "Name a file with -o, or redirect the output.");
  }
  if (request.output !== undefined) checkOutputFile("--output", request.output);
  const images = await Promise.all(
    request.images.map(async (text) => {
      const record = findImage(store, text);
      const names = record.name === undefined ? [] : [parseReference(record.name)];
      return { image: await new LocalImages(store).open(record), names };
    }),
  );
  const [first, ...more] = images as [(typeof images)[number], ...typeof images];
  if (request.format === "oci" && more.length > 0) {
    throw usageError("an OCI archive is written for one image", "Save them one by one, or as --format docker.");
  }
  if (request.output === undefined || isStream(request.output)) {
    const stream = request.format === "oci" ? ociArchiveStream(first.image, first.names) : dockerArchivesStream(images);
    if (request.output === undefined) await pipeline(stream, process.stdout, { end: false, signal });
    else await pipeline(stream, createWriteStream(request.output), { signal });
  } else if (request.format === "oci") {
    await writeOciArchive(resolve(request.output), first.image, first.names, { signal });
  } else {
    await writeDockerArchives(resolve(request.output), images, { signal });
  }
}
