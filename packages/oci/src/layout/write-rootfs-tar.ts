import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Image } from "../image.ts";
import { writeTar } from "../tar/write-tar.ts";
import { flatten } from "../view/flatten.ts";
import { abortable } from "../view/store-image.ts";
import { replaceFile } from "./replace-file.ts";

/**
 * Streams the files of an image as one tar, as `-o type=tar` and `docker export` do: the layers laid over each other,
 * in tree order, with owners, modes, times, links and extended attributes.
 *
 * @param spoolParent the folder in which layers are kept unpacked while the tar is read; the system's for temporary
 *   files where absent
 * @throws OciError as `flatten`
 */
export async function* rootfsTarStream(image: Image, spoolParent: string = tmpdir()): AsyncGenerator<Uint8Array> {
  const spool = await mkdtemp(join(spoolParent, ".strake-rootfs-"));
  try {
    const { entries } = await flatten(await image.layers(), spool);
    for (const chunk of writeTar(entries)) {
      yield chunk;
      await setImmediate();
    }
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

/**
 * Writes the files of an image as one tar; the file is replaced when it is whole.
 *
 * @throws OciError as `flatten`, and an Error with the system's code, such as `ENOSPC`
 */
export function writeRootfsTar(
  image: Image,
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const stream = rootfsTarStream(image, dirname(resolve(path)));
  return replaceFile(path, (writer) => writer.writeAll(abortable(stream, options.signal)));
}
