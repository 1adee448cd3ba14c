import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Layer } from "@strake/oci";
import type { Store } from "./store.ts";

/**
 * The length of a layer's files as a tar, to be shown to people: of a layer that the store has in gzip it is what the
 * last four bytes say (RFC 1952, section 2.3.1), so a layer of 4 GiB or more may seem shorter. Where nothing tells, it
 * is the length of the packed bytes.
 */
export async function layerLength(store: Store, layer: Layer): Promise<number> {
  const known = await layer.uncompressedSize?.();
  if (known !== undefined) return known;
  const packed = await layer.size();
  const said = lengthInGzip(store.blobs.path(await layer.digest()));
  // Less than was packed: there are several members, and only the last one has told.
  return said !== undefined && said >= packed / 2 ? Math.max(said, packed) : packed;
}

/** A header and what stands at the end, in bytes. */
const shortestGzip = 18;

function lengthInGzip(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    if (size < shortestGzip) return undefined;
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, 2, 0);
    if (bytes.readUInt16BE() !== 0x1f8b) return undefined;
    readSync(file, bytes, 0, 4, size - 4);
    return bytes.readUInt32LE();
  } finally {
    closeSync(file);
  }
}
