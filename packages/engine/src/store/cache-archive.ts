import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { StrakeError } from "@strake/core";
import { contentBytes, decompress, type Entry, indexTar, layerTree, writeTar } from "@strake/oci";
import type { MarkSpace } from "../kernel/file-kinds.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import { writeSnapshot } from "../snapshot/write-snapshot.ts";
import type { CacheMounts, KeptCache } from "./cache-mounts.ts";
import { makeFolder } from "./make-folder.ts";

/** A name of a cache in the store, as `CacheMounts` makes them. */
const cacheName = /^[0-9a-f]{24}(?:-\d+)?$/;

const nothing = layerTree([]);

/**
 * Writes caches as a tar, for another machine or a later job: owners, modes, times and links are kept.
 *
 * @param space where the file system keeps marks: `user` inside a user namespace
 */
export async function* writeCaches(caches: readonly KeptCache[], space: MarkSpace): AsyncGenerator<Uint8Array> {
  const entries: Entry[] = [];
  for (const { name, id, sharing, files } of caches) {
    const bytes = Buffer.from(`${JSON.stringify({ id, sharing })}\n`);
    entries.push(folder(name), {
      ...folder(`${name}/cache.json`),
      type: "file",
      mode: 0o644,
      size: bytes.length,
      content: { from: "bytes", bytes },
    });
    entries.push(folder(`${name}/files`));
    for (const entry of await readSnapshot(files, async () => nothing, space)) {
      const path = entry.path === "" ? `${name}/files` : `${name}/files/${entry.path}`;
      const link = entry.type === "hardlink" ? { linkname: `${name}/files/${entry.linkname}` } : {};
      // The folder itself may have come with its own mode and owner.
      if (entry.path === "") entries.pop();
      entries.push({ ...entry, path, ...link });
    }
  }
  yield* writeTar(entries);
}

/**
 * Takes caches from a tar that `writeCaches` wrote; each is replaced as a whole.
 *
 * @param source the tar, which may be compressed
 * @param passing a folder on the store's file system, for what is not whole yet
 * @returns the ids of the caches
 * @throws StrakeError `invalid-cache-archive`; OciError for what is no tar, or would leave its folder
 */
export async function readCaches(
  source: AsyncIterable<Uint8Array>,
  caches: CacheMounts,
  space: MarkSpace,
  passing: string,
): Promise<readonly string[]> {
  makeFolder(passing);
  const work = mkdtempSync(join(passing, `${process.pid}.0-`));
  try {
    const tar = join(work, "caches.tar");
    await pipeline(decompress(source, "the archive of caches"), createWriteStream(tar));
    const entries = await indexTar(createReadStream(tar), tar);
    const ids: string[] = [];
    for (const name of new Set(entries.map(({ path }) => path.split("/")[0] ?? ""))) {
      ids.push(readCache(name, entries, caches, space, work));
    }
    return ids;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readCache(
  name: string,
  entries: readonly Entry[],
  caches: CacheMounts,
  space: MarkSpace,
  work: string,
): string {
  const described = entries.find(({ path }) => path === `${name}/cache.json`);
  if (!cacheName.test(name) || described === undefined) {
    throw new StrakeError({
      code: "invalid-cache-archive",
      message: `the archive has "${name}", which is no cache`,
      notes: ["Archives of caches are written by strake cache export."],
    });
  }
  const description = Buffer.from(contentBytes(described)).toString("utf8");
  const { id } = JSON.parse(description) as { id: string };
  const root = `${name}/files`;
  const own = entries.flatMap((entry): Entry[] => {
    if (entry.path !== root && !entry.path.startsWith(`${root}/`)) return [];
    const link = entry.type === "hardlink" ? { linkname: (entry.linkname ?? "").slice(root.length + 1) } : {};
    return [{ ...entry, path: entry.path.slice(root.length + 1), ...link }];
  });
  const files = join(work, name);
  mkdirSync(files);
  writeSnapshot(files, own, { tree: layerTree([own]), below: nothing, space, epoch: undefined });
  caches.replace(name, { files, description });
  return id;
}

function folder(path: string): Entry {
  return { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
}
