/**
 * Computes a hash of 128 bits of a text, as hexadecimal digits: to tell texts apart, not to hold out against anybody.
 *
 * Node's `crypto` takes longer to load than all that this is for.
 */
export function textHash(text: string): string {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = b ^ Math.imul(a ^ code, 0x9e3779b1);
    b = c ^ Math.imul(b ^ code, 0x85ebca77);
    c = d ^ Math.imul(c ^ code, 0xc2b2ae3d);
    d = a ^ Math.imul(d ^ code, 0x27d4eb2f);
  }
  const parts = [a ^ (d >>> 15), b ^ (a >>> 13), c ^ (b >>> 16), d ^ (c >>> 14)];
  return parts.map((part) => (Math.imul(part, 0x2c1b3c6d) >>> 0).toString(16).padStart(8, "0")).join("");
}
