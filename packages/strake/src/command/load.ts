import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { LocalImages, type Store } from "@strake/engine";
import {
  familiarReference,
  imageId,
  isStream,
  OciError,
  openImageFile,
  type Platform,
  parseReference,
} from "@strake/oci";
import { checkInput } from "../compose/check-path.ts";
import type { LoadRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Takes the images of a file into the store, with their names.
 *
 * @returns what `strake load` prints, in Docker's words
 */
export async function loadImages(
  store: Store,
  request: LoadRequest,
  platform: Platform,
  signal: AbortSignal,
): Promise<string> {
  if (request.input !== undefined) checkInput(request.input, { folders: true });
  if (request.input === undefined && process.stdin.isTTY) {
    throw usageError("there is nothing on standard input to load", "Name a file with -i, or redirect one.");
  }
  const { input } = request;
  const isFile = input !== undefined && !isStream(input);
  const folder = isFile ? undefined : mkdtempSync(join(tmpdir(), "strake-load-"));
  try {
    const path = folder === undefined ? resolve(input as string) : join(folder, "image.tar");
    // What is in the archive is found out from its end, so it has to be a file.
    if (folder !== undefined) {
      const stream = input === undefined ? process.stdin : createReadStream(input);
      await pipeline(stream, createWriteStream(path), { signal });
    }
    return await loadFile(store, path, platform, signal);
  } catch (error) {
    // The file that it was put into says nothing to anybody.
    if (folder !== undefined && OciError.is(error)) {
      throw new OciError(error.code, error.message.replaceAll(join(folder, "image.tar"), input ?? "standard input"), {
        cause: error,
      });
    }
    throw error;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function loadFile(store: Store, path: string, platform: Platform, signal: AbortSignal): Promise<string> {
  const file = await openImageFile(path);
  try {
    const lines: string[] = [];
    for (const stored of file.images) {
      const platforms = await stored.platforms();
      const image = await stored.image(platforms.length > 1 ? platform : undefined);
      const names = stored.names.flatMap((name) => (/[/:]/.test(name) ? [parseReference(name)] : []));
      await new LocalImages(store, signal).put(image, names);
      const id = await imageId(image);
      lines.push(
        ...(names.length === 0
          ? [`Loaded image ID: ${id}`]
          : names.map((name) => `Loaded image: ${familiarReference(name)}`)),
      );
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    await file.close();
  }
}
