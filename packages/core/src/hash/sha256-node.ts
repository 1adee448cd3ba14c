import { hash } from "node:crypto";

/** Computes the sha256 of a text's UTF-8 bytes with Node's own implementation, as lower-case hex. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}
