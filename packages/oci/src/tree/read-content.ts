import { OciError } from "../oci-error.ts";
import { openContent } from "./content-reader.ts";
import type { Entry } from "./entry.ts";

const chunkSize = 1024 * 1024;

/**
 * Reads the content of a file entry in chunks of at most 1 MiB, each a buffer of its own; holes are zero bytes.
 *
 * @throws OciError `not-found` where there is no content, `size-mismatch` where it is not as long as the entry says
 */
export function* readContent(entry: Entry): Generator<Uint8Array> {
  const reader = openContent(entry);
  try {
    for (let at = 0; at < entry.size; ) {
      const chunk = new Uint8Array(Math.min(chunkSize, entry.size - at));
      const length = reader.read(chunk, 0, chunk.length);
      yield length === chunk.length ? chunk : chunk.subarray(0, length);
      at += length;
    }
  } finally {
    reader.close();
  }
}

/**
 * Reads the whole content of a small file entry.
 *
 * @param options.limit the largest size that is read, in bytes; 16 MiB where absent
 * @throws OciError `size-mismatch` where the file is larger than the limit or not as long as the entry says,
 *   `not-found` where there is no content
 */
export function contentBytes(entry: Entry, options: { readonly limit?: number } = {}): Uint8Array {
  const limit = options.limit ?? 16 * 1024 * 1024;
  if (entry.size > limit) {
    throw new OciError("size-mismatch", `"${entry.path}" has ${entry.size} bytes, more than the ${limit} allowed here`);
  }
  const reader = openContent(entry);
  try {
    if (entry.content?.from === "bytes") return entry.content.bytes;
    const bytes = new Uint8Array(entry.size);
    for (let at = 0; at < bytes.length; ) at += reader.read(bytes, at, bytes.length);
    return bytes;
  } finally {
    reader.close();
  }
}
