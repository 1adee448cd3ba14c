import Hex from "crypto-js/enc-hex.js";
import Utf8 from "crypto-js/enc-utf8.js";
import SHA256 from "crypto-js/sha256.js";

/** Computes the sha256 of a text's UTF-8 bytes in any JavaScript runtime, as lower-case hex. */
export function sha256Hex(text: string): string {
  // crypto-js refuses lone surrogates, which Node reads as U+FFFD.
  return SHA256(Utf8.parse(text.toWellFormed())).toString(Hex);
}
