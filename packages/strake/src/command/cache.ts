import { createReadStream, createWriteStream, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { StrakeError } from "@strake/core";
import { insideUserNamespace, readCaches, type Store, writeCaches } from "@strake/engine";
import { isStream, replaceFile } from "@strake/oci";
import { checkInput, checkOutputFile } from "../compose/check-path.ts";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import { formatAge } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import { formatTable } from "../format/table.ts";

/** Lists the caches of commands: what `strake cache ls` prints. */
export async function listCaches(store: Store, now: number): Promise<string> {
  await enterUserNamespace();
  const rows = store.caches
    .list()
    .map(({ name, id, sharing, files, used }) => [id, name, sharing, formatSize(sizeOf(files)), formatAge(now - used)]);
  return formatTable(["ID", "NAME", "SHARING", "SIZE", "LAST USED"], rows);
}

/** Removes caches by their ids or names. */
export async function removeCaches(store: Store, wanted: readonly string[]): Promise<string> {
  await enterUserNamespace();
  const kept = store.caches.list();
  const found = wanted.flatMap((text) => {
    const meant = kept.filter(({ id, name }) => id === text || name === text);
    if (meant.length > 0) return meant;
    throw new StrakeError({ code: "no-such-cache", message: `there is no cache "${text}"` });
  });
  for (const { name } of found) store.caches.replace(name);
  return found.map(({ id }) => `${id}\n`).join("");
}

/**
 * Writes all caches to a file, compressed where its name ends in .gz, or to standard output.
 *
 * The file is replaced when it is whole; where writing fails or is interrupted, it stays as it was.
 */
export async function exportCaches(store: Store, file: string, signal: AbortSignal): Promise<void> {
  if (file !== "-") checkOutputFile("cache export", file);
  await enterUserNamespace();
  const tar = writeCaches(store.caches.list(), markSpace());
  if (file === "-") return pipeline(tar, process.stdout, { end: false, signal });
  const packed = /\.t?gz$/.test(file) ? createGzip() : new PassThrough();
  // Nothing is put in the place of a device or a pipe.
  if (isStream(file)) return pipeline(tar, packed, createWriteStream(file), { signal });
  await replaceFile(file, (writer) =>
    pipeline(tar, packed, (chunks: AsyncIterable<Uint8Array>) => writer.writeAll(chunks), { signal }),
  );
}

/** Takes caches from a file or from standard input; those of the same name are replaced. */
export async function importCaches(store: Store, file: string): Promise<string> {
  if (file !== "-") checkInput(file);
  await enterUserNamespace();
  const source = file === "-" ? process.stdin : createReadStream(file);
  const ids = await readCaches(source, store.caches, markSpace(), join(store.folder, "scratch"));
  return ids.map((id) => `${id}\n`).join("");
}

function markSpace(): "user" | "trusted" {
  return insideUserNamespace() ? "user" : "trusted";
}

function sizeOf(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
