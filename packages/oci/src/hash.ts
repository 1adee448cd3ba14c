import { createHash, hash } from "node:crypto";
import { type Digest, digestParts } from "./digest.ts";
import { OciError } from "./oci-error.ts";

/** Computes the sha256 digest of bytes or of UTF-8 text. */
export function sha256(content: Uint8Array | string): Digest {
  return `sha256:${hash("sha256", content, "hex")}`;
}

/** A digest being computed over a stream, with the number of bytes seen so far. */
export interface Hasher {
  readonly size: number;
  update(chunk: Uint8Array): void;
  /** Ends the computation; may be called once. */
  digest(): Digest;
}

/** A digest being computed elsewhere, as in another thread, over a stream that goes on meanwhile. */
export interface DistantHasher {
  /** Hands a chunk over, which must not be changed before it is given back; waits only while too many are handed over. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends the computation; may be called once. */
  digest(): Promise<Digest>;
}

/** Starts a sha256 (or sha512) computation. */
export function createHasher(algorithm: "sha256" | "sha512" = "sha256"): Hasher {
  const state = createHash(algorithm);
  let size = 0;
  return {
    get size() {
      return size;
    },
    update(chunk) {
      size += chunk.length;
      state.update(chunk);
    },
    digest: () => `${algorithm}:${state.digest("hex")}`,
  };
}

/**
 * Passes a stream through and checks at its end that it was what was expected.
 *
 * Every byte is handed on before the end is known, so a reader must not trust them until the stream has ended.
 *
 * @param hasher computes the digest; here, where absent
 * @throws OciError `digest-mismatch` or `size-mismatch`, naming `what`
 */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  expected: { digest: Digest; size?: number },
  what: string,
  hasher: Pick<Hasher, "update" | "digest"> | DistantHasher = createHasher(digestParts(expected.digest).algorithm),
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) {
      throw new OciError("size-mismatch", `${what} is longer than the ${expected.size} bytes its descriptor says`);
    }
    const updating = hasher.update(chunk);
    if (updating !== undefined) await updating;
    yield chunk;
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw new OciError("size-mismatch", `${what} has ${size} bytes, its descriptor says ${expected.size}`);
  }
  const digest = await hasher.digest();
  if (digest !== expected.digest) {
    throw new OciError("digest-mismatch", `${what} has digest ${digest}, expected ${expected.digest}`);
  }
}
