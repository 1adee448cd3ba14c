import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeOnce } from "../support/made-once.ts";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Makes, once per machine, 20,000 files of 4 KiB in 200 folders and ten files of 20 MiB, and returns their folder. */
export function manyFiles(): Promise<string> {
  return madeOnce(join(tmpdir(), "strake-test-bench", "files-1"), async (folder) => {
    const fill = filler();
    for (let index = 0; index < 20_000; index++) {
      const inside = join(folder, "small", String(index % 200).padStart(3, "0"));
      if (index < 200) mkdirSync(inside, { recursive: true });
      writeFileSync(join(inside, `file-${index}.txt`), fill(4 * kibibyte));
    }
    writeLarge(folder, 10, 20, fill);
  });
}

/** Makes, once per machine, ten files of 400 MiB: 4 GB. */
export function hugeFiles(): Promise<string> {
  return madeOnce(join(tmpdir(), "strake-test-bench", "huge-1"), async (folder) => {
    writeLarge(folder, 10, 400, filler());
  });
}

/** Makes, once per machine, ten files of 100 MiB, for ten layers. */
export function layerFiles(): Promise<string> {
  return madeOnce(join(tmpdir(), "strake-test-bench", "layers-1"), async (folder) => {
    writeLarge(folder, 10, 100, filler());
  });
}

function writeLarge(folder: string, count: number, mebibytes: number, fill: (size: number) => Buffer): void {
  mkdirSync(join(folder, "large"), { recursive: true });
  for (let index = 0; index < count; index++) {
    const path = join(folder, "large", `file-${index}.bin`);
    for (let part = 0; part < mebibytes; part++) writeFileSync(path, fill(mebibyte), { flag: "a" });
  }
}

/** Returns a source of content, the same on every machine: of each 4 KiB one half is noise and one half text. */
function filler(): (size: number) => Buffer {
  let state = 0x9e3779b9;
  return (size) => {
    const buffer = Buffer.alloc(size, "export const layer = { entries: [], digest: undefined };\n");
    for (let offset = 0; offset < size; offset += 4) {
      if (offset % 4096 >= 2048) continue;
      // xorshift32 (Marsaglia, 2003).
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      buffer.writeInt32LE(state, offset);
    }
    return buffer;
  };
}
