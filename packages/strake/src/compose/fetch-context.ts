import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { isGitUrl, parseGitUrl, repositoryName } from "@strake/core";
import { checkedOutFolder, checkOutCommit, findCommit } from "@strake/engine";
import { DiskBlobStore, decompress, imageFrom, layerFromBlob, mediaType, peek, writeLocal } from "@strake/oci";
import { downloadNamed } from "./download-named.ts";

/** A context that was brought onto this machine for one build. */
export interface FetchedContext {
  readonly folder: string;
  /** What it is called where it came from; absent for standard input. */
  readonly name?: string;
  /** The Dockerfile, where that is all that came. */
  readonly text?: string;
  remove(): void;
}

/** What fetching goes by besides the place. */
export interface FetchOptions {
  readonly standardInput: Readable;
  /** The folder `.git` of a repository stays. */
  readonly keepGitDir?: boolean;
  /** A tar from an address stays one: a file called `context`, which is all that a named context is in BuildKit. */
  readonly packed?: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Brings a context onto this machine, as docker does: the files of a git repository (`URL#ref:folder`), a tar from an
 * address or from standard input, which may be compressed, or a Dockerfile that has no files beside it.
 *
 * @throws StrakeError `git-address`, `git-failed`, `download-failed`, and for a tar that is none
 */
export async function fetchContext(place: string, options: FetchOptions): Promise<FetchedContext> {
  const passing = mkdtempSync(join(tmpdir(), "strake-context-"));
  const remove = () => rmSync(passing, { recursive: true, force: true });
  try {
    const folder = join(passing, "context");
    mkdirSync(folder);
    if (isGitUrl(place)) return { ...(await checkOut(place, folder, options)), remove };
    const { packed = false, signal } = options;
    const source = place === "-" ? options.standardInput : downloadNamed("the context", place, signal);
    const what = place === "-" ? "standard input" : place;
    const text = packed
      ? await whole(source)
      : await unpack(decompress(source, what), folder, join(passing, "tar"), signal);
    // What is no archive is in the context of BuildKit too, by this name; standard input is not.
    if (text !== undefined && place !== "-") writeFileSync(join(folder, "context"), text);
    const name =
      place === "-" ? {} : { name: basename(new URL(place).pathname).replace(/\.(?:tar(?:\.\w+)?|t\wz2?)$/, "") };
    return { folder, ...name, ...(text === undefined ? {} : { text: text.toString("utf8") }), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function checkOut(
  place: string,
  folder: string,
  { keepGitDir, signal }: FetchOptions,
): Promise<Pick<FetchedContext, "folder" | "name">> {
  const { remote, subdirectory, keepGitDir: kept, ...wanted } = parseGitUrl(place);
  const repository = { url: remote, ...wanted };
  await checkOutCommit(repository, await findCommit(repository, signal), folder, signal);
  if (!keepGitDir && !kept) rmSync(join(folder, ".git"), { recursive: true, force: true });
  const name = basename(subdirectory ?? "") || repositoryName({ remote });
  return { folder: checkedOutFolder(repository, folder, subdirectory), name };
}

/** Writes the files of a tar, or returns what came where it is not a tar. */
async function unpack(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  passing: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const peeked = await peek(source, headerSize);
  if (!isTar(peeked.first)) return whole(peeked.whole);
  const blobs = new DiskBlobStore(passing);
  const { digest, size } = await blobs.add(peeked.whole);
  const layer = layerFromBlob(blobs, { mediaType: mediaType.ociLayer, digest, size }, digest);
  const image = imageFrom({ layers: [layer], config: { architecture: "amd64", os: "linux", config: {}, history: [] } });
  await writeLocal(image, folder, signal === undefined ? {} : { signal });
  return undefined;
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const headerSize = 512;

/** Tells a tar by the sum of its first header, which those without a mark of their format have too. */
function isTar(first: Uint8Array): boolean {
  if (first.length < headerSize) return false;
  const header = Buffer.from(first.subarray(0, headerSize));
  const said = Number.parseInt(header.subarray(148, 156).toString("latin1").replace(/\0/g, " ").trim(), 8);
  const sum = header.fill(" ", 148, 156).reduce((total, byte) => total + byte, 0);
  return said === sum;
}
