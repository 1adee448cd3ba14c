const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Turns the bytes of a path into a string, keeping what is not UTF-8.
 *
 * A byte that is no part of a UTF-8 sequence becomes a lone surrogate U+DC80 to U+DCFF, as in Python's PEP 383.
 */
export function decodePath(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** Turns a path back into the bytes that `decodePath` read. */
export function encodePath(path: string): Uint8Array {
  if (path.isWellFormed()) return Buffer.from(path, "utf8");
  const parts: Uint8Array[] = [];
  let plain = "";
  for (const character of path) {
    const code = character.charCodeAt(0);
    if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff) {
      parts.push(Buffer.from(plain, "utf8"), Uint8Array.of(code - 0xdc00));
      plain = "";
    } else {
      plain += character;
    }
  }
  parts.push(Buffer.from(plain, "utf8"));
  return Buffer.concat(parts);
}

/** What the file system calls of Node want for a path: the string itself, or its bytes where it is not UTF-8. */
export function hostPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : (encodePath(path) as Buffer);
}

function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
    } else {
      text += decoder.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** The length of the UTF-8 sequence at a position, or 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
