import type { Digest } from "@strake/oci/document";
import { sha256Hex } from "#sha256";

/**
 * Computes the sha256 digest of a text's UTF-8 bytes.
 *
 * Lone surrogates count as U+FFFD. The implementation is `node:crypto` on Node and crypto-js in every other runtime,
 * chosen by the `imports` of this package; both give the same digest.
 */
export function sha256(text: string): Digest {
  return `sha256:${sha256Hex(text)}`;
}
