import type { Digest } from "../digest.ts";
import { verified } from "../hash.ts";
import { OciError } from "../oci-error.ts";
import type { BlobStore } from "./blob-store.ts";

/**
 * Reads a small blob whole and verifies it, so that a damaged store is noticed before its documents are believed.
 *
 * @param limit the most bytes that are read
 * @param what what the blob is, for the error
 * @throws OciError `not-found`, `digest-mismatch`, or `invalid-document` for a blob beyond the limit
 */
export async function readBlob(store: BlobStore, digest: Digest, limit: number, what: string): Promise<Uint8Array> {
  const size = await store.size(digest);
  if (size === undefined) throw new OciError("not-found", `${what} is missing: there is no blob ${digest}`);
  if (size > limit) throw new OciError("invalid-document", `${what}: has ${size} bytes; at most ${limit} are read`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(store.get(digest), { digest, size }, what)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
