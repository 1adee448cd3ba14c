import { resolve } from "node:path";
import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import {
  dockerArchivesStream,
  isStream,
  ociArchiveStream,
  parseReference,
  writeDockerArchives,
  writeOciArchive,
} from "@strake/oci";
import { checkOutputFile } from "../compose/check-path.ts";
import { writeStream } from "../compose/write-stream.ts";
import { findImage, isIdOf, namedRecords } from "./find-image.ts";
import type { SaveRequest } from "./request.ts";
import { saysTag } from "./says-tag.ts";
import { usageError } from "./usage-error.ts";

/** Writes images of the store to a file, or to standard output. */
export async function saveImages(store: Store, request: SaveRequest, signal: AbortSignal): Promise<void> {
  if (request.output === undefined && process.stdout.isTTY) {
    throw usageError("an image cannot be written to a terminal", "Name a file with -o, or redirect the output.");
  }
  if (request.output !== undefined) checkOutputFile("--output", request.output);
  const records = request.images.flatMap((text) => recordsOf(store, text));
  const images = await Promise.all(
    [...new Set(records)].map(async (record) => {
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
    await writeStream(stream, request.output, signal);
  } else if (request.format === "oci") {
    await writeOciArchive(resolve(request.output), first.image, first.names, { signal });
  } else {
    await writeDockerArchives(resolve(request.output), images, { signal });
  }
}

/** As docker has it: the name of a repository, without a tag, means every image that has a tag of it. */
function recordsOf(store: Store, text: string): readonly ImageRecord[] {
  const isId = /^[0-9a-f]{64}$/.test(text);
  const isOne = isId || saysTag(text) || store.images.find(text).some((record) => isIdOf(record, text));
  if (isOne) return [findImage(store, text)];
  const { registry, repository } = parseReference(text);
  const tagged = namedRecords(store).filter(({ name }) => {
    const named = parseReference(name);
    return named.registry === registry && named.repository === repository && named.digest === undefined;
  });
  for (const record of tagged) store.images.touch(record);
  return tagged.length === 0 ? [findImage(store, text)] : tagged;
}
