import { lstatSync } from "node:fs";
import { contentManifest, type HashFiles, hashFile, manifestDigest, worthThreads } from "@strake/core/context";
import { type Digest, type Entry, hostPath } from "@strake/oci";

/** Entries that say what is in their files, and what they are all together known by. */
export interface DigestedEntries {
  readonly entries: readonly Entry[];
  readonly manifest: Digest;
}

/** Finds the digests of the files that a command left behind. */
export async function digestEntries(
  entries: readonly Entry[],
  hashFiles: HashFiles | undefined,
): Promise<DigestedEntries> {
  const files = entries.flatMap((entry) =>
    entry.content?.from === "file" ? [{ entry, path: entry.content.path }] : [],
  );
  const wanted = files.map(({ path }) => {
    const { size, mtimeMs, ctimeMs, ino } = lstatSync(hostPath(path));
    return { path, size, mtimeMs, ctimeMs, ino };
  });
  const bytes = wanted.reduce((sum, file) => sum + file.size, 0);
  const many = wanted.length >= worthThreads.files || bytes >= worthThreads.bytes;
  const digests = many && hashFiles !== undefined ? await hashFiles(wanted) : wanted.map(hashFile);
  const byPath = new Map(files.map(({ entry }, at) => [entry.path, digests[at] as Digest]));
  const digested = entries.map((entry) => {
    const digest = byPath.get(entry.path);
    return digest === undefined ? entry : { ...entry, digest };
  });
  return { entries: digested, manifest: manifestDigest(contentManifest(digested)) };
}
