import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { isGitUrl, parseGitUrl, StrakeError } from "@strake/core";
import { checkOutCommit, findCommit } from "@strake/engine";
import { DiskBlobStore, decompress, imageFrom, layerFromBlob, mediaType, peek, writeLocal } from "@strake/oci";
import { download } from "./download.ts";

/** A context that was brought onto this machine for one build. */
export interface FetchedContext {
  readonly folder: string;
  remove(): void;
}

/**
 * Brings a context onto this machine, as docker does: the files of a git repository (`URL#ref:folder`), a tar from an
 * address or from standard input, which may be compressed, or a Dockerfile that has no files beside it.
 *
 * @throws StrakeError `git-failed`, `download-failed`, and for a tar that is none
 */
export async function fetchContext(
  place: string,
  standardInput: Readable,
  signal: AbortSignal | undefined,
): Promise<FetchedContext> {
  const passing = mkdtempSync(join(tmpdir(), "strake-context-"));
  const remove = () => rmSync(passing, { recursive: true, force: true });
  try {
    const folder = join(passing, "context");
    mkdirSync(folder);
    if (isGitUrl(place)) return { folder: await checkOut(place, folder, signal), remove };
    const source = place === "-" ? standardInput : downloaded(place, signal);
    await unpack(source, place === "-" ? "standard input" : place, folder, join(passing, "tar"), signal);
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function checkOut(place: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  const { remote, ref, subdirectory } = parseGitUrl(place);
  const repository = { url: remote, ...(ref === undefined ? {} : { ref }) };
  await checkOutCommit(repository, await findCommit(repository, signal), folder, signal);
  rmSync(join(folder, ".git"), { recursive: true, force: true });
  return subdirectory === undefined ? folder : join(folder, subdirectory);
}

async function* downloaded(place: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* download(place, signal);
  } catch (cause) {
    throw new StrakeError({
      code: "download-failed",
      message: `cannot download the context ${place}: ${(cause as Error).message}`,
      cause,
    });
  }
}

/** Writes the files of a tar, or the one file where it is not a tar. */
async function unpack(
  source: AsyncIterable<Uint8Array>,
  what: string,
  folder: string,
  passing: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { first, whole } = await peek(decompress(source, what), tarMagicEnd);
  if (!isTar(first)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of whole) chunks.push(chunk);
    writeFileSync(join(folder, "Dockerfile"), Buffer.concat(chunks));
    return;
  }
  const blobs = new DiskBlobStore(passing);
  const { digest, size } = await blobs.add(whole);
  const layer = layerFromBlob(blobs, { mediaType: mediaType.ociLayer, digest, size }, digest);
  const image = imageFrom({ layers: [layer], config: { architecture: "amd64", os: "linux", config: {}, history: [] } });
  await writeLocal(image, folder, signal === undefined ? {} : { signal });
}

const tarMagicEnd = 262;

/** The format's own mark, in the first header. */
function isTar(first: Uint8Array): boolean {
  return Buffer.from(first.subarray(257, tarMagicEnd)).toString("latin1") === "ustar";
}
