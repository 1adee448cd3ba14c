import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Digest, layerFromBlob, sha256 } from "@strake/oci";
import { afterAll, expect, it } from "vitest";
import { layerLength } from "./layer-length.ts";
import { Store } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "strake-length-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const store = new Store(folder);
const tar = Buffer.alloc(100_000, "a tar");

async function lengthOf(bytes: Uint8Array, mediaType: string): Promise<number> {
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
  await store.blobs.put(descriptor.digest, bytes);
  return layerLength(store, layerFromBlob(store.blobs, descriptor, sha256(tar) as Digest));
}

const packed = "application/vnd.oci.image.layer.v1.tar+gzip";

it("of a layer is that of its tar, packed or not", async () => {
  expect(await lengthOf(tar, "application/vnd.oci.image.layer.v1.tar")).toBe(100_000);
  expect(await lengthOf(gzipSync(tar), packed)).toBe(100_000);
});

it("is that of the packed bytes where those do not tell it", async () => {
  const several = Buffer.concat([gzipSync(tar), gzipSync("")]);
  expect(await lengthOf(several, packed)).toBe(several.length);
  expect(await lengthOf(Buffer.from([0x1f, 0x8b]), packed)).toBe(2);
  const other = Buffer.from("(\xb5/\xfd and so on", "latin1");
  expect(await lengthOf(other, "application/vnd.oci.image.layer.v1.tar+zstd")).toBe(other.length);
});
