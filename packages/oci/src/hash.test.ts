import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createHasher, type DistantHasher, sha256, verified } from "./hash.ts";

const bytes = randomBytes(100_000);
const digest = sha256(bytes);

async function* cut(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 30_000) yield content.subarray(at, at + 30_000);
}

/** Hashes whenever the event loop comes to it. */
function distantHasher(): DistantHasher {
  const hasher = createHasher();
  let last = Promise.resolve();
  return {
    update(chunk) {
      last = last.then(() => setImmediate()).then(() => hasher.update(chunk));
      return last;
    },
    digest: () => last.then(() => hasher.digest()),
  };
}

it.each([
  ["here", createHasher],
  ["elsewhere", distantHasher],
])("verifies what is hashed %s", async (_, hasher) => {
  const read = async (content: Uint8Array, size?: number) => {
    const expected = { digest, ...(size === undefined ? {} : { size }) };
    const chunks: Uint8Array[] = [];
    for await (const chunk of verified(cut(content), expected, "it", hasher())) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  expect((await read(bytes)).equals(bytes)).toBe(true);
  expect((await read(bytes, bytes.length)).equals(bytes)).toBe(true);
  await expect(read(randomBytes(100_000))).rejects.toMatchObject({ code: "digest-mismatch" });
  await expect(read(bytes, 99_999)).rejects.toMatchObject({ code: "size-mismatch" });
  await expect(read(bytes, 100_001)).rejects.toMatchObject({ code: "size-mismatch" });
});
