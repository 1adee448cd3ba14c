import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { compress, createHasher, type DeflateBlock, giveBackChunk, sha256, writeTar } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listDirectory } from "./directory-listing.ts";
import { createFileThreads, type FileThreads } from "./file-threads.ts";
import type { FileToHash } from "./fingerprint.ts";

// Threads run what has been built: Node reads no TypeScript.
const built = new URL("../../dist/context.js", import.meta.url);
const isBuilt = existsSync(built);
if (!isBuilt) console.log("skipped: hashing in threads needs packages/core to be built (npm run build)");

describe.skipIf(!isBuilt)("hashing in threads", () => {
  let root: string;
  let worker: URL;
  let pool: FileThreads;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "strake-pool-"));
    writeFileSync(
      join(root, "worker.mjs"),
      `import { serveFileThread } from ${JSON.stringify(built.href)}; serveFileThread();`,
    );
    worker = pathToFileURL(join(root, "worker.mjs"));
    pool = createFileThreads(worker, 2);
  });
  afterEach(async () => {
    await pool.close();
    rmSync(root, { recursive: true });
  });

  function write(name: string, content: string): FileToHash {
    const path = join(root, name);
    writeFileSync(path, content);
    const { size, mtimeMs, ctimeMs, ino } = statSync(path);
    return { path, size, mtimeMs, ctimeMs, ino };
  }

  test("gives the digests in the order of the files", async () => {
    const files = Array.from({ length: 1200 }, (_, at) => write(`f${at}`, `content ${at}`));
    files.push(write("large", "x".repeat(17 * 1024 * 1024)), write("last", ""));
    const expected = Array.from({ length: 1200 }, (_, at) => sha256(`content ${at}`));
    expected.push(sha256("x".repeat(17 * 1024 * 1024)), sha256(""));
    expect(await pool.hashFiles(files)).toEqual(expected);
  });

  test("lists directories, and says of which it cannot", async () => {
    write("a", "content");
    const missing = join(root, "missing");
    expect(await pool.listDirectories([root, missing])).toEqual([listDirectory(root), undefined]);
  });

  test("hashes streams beside files, of chunks that are shown to the thread and of others", async () => {
    const files = Array.from({ length: 600 }, (_, at) => write(`s${at}`, `content ${at}`));
    const chunks = Array.from({ length: 40 }, (_, at) => Buffer.alloc(at * 1000, at));
    const digests = [3, 1].map(async (step) => {
      const hasher = pool.hashStream();
      for (const chunk of chunks.filter((_, at) => at % step === 0)) await hasher.update(chunk);
      return hasher.digest();
    });
    expect(await pool.hashFiles(files)).toEqual(files.map((_, at) => sha256(`content ${at}`)));
    const expected = [3, 1].map((step) => sha256(Buffer.concat(chunks.filter((_, at) => at % step === 0))));
    expect(await Promise.all(digests)).toEqual(expected);
    expect(await pool.hashStream().digest()).toBe(sha256(""));
  });

  test("does not use a chunk again that the thread still looks at", async () => {
    const entries = Array.from({ length: 24 }, (_, at) => ({
      path: `f${at}`,
      type: "file" as const,
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 3 * 1024 * 1024,
      mtime: 0,
      content: { from: "bytes" as const, bytes: Buffer.alloc(3 * 1024 * 1024, at) },
    }));
    const here = createHasher();
    for (const chunk of writeTar(entries)) {
      here.update(chunk);
      giveBackChunk(chunk);
    }
    const there = pool.hashStream();
    for (const chunk of writeTar(entries)) {
      await there.update(chunk);
      giveBackChunk(chunk);
    }
    expect(await there.digest()).toBe(here.digest());
  });

  test("deflates blocks to the bytes that they become here, even those that grow", async () => {
    const noise = randomBytes(5 * 1024 * 1024);
    const text = Buffer.alloc(5 * 1024 * 1024 + 77, "text that is repeated, and ");
    const pack = async (level: number, deflate?: DeflateBlock) => {
      const source = async function* () {
        yield* [noise, text];
      };
      const chunks: Uint8Array[] = [];
      for await (const chunk of compress(source(), "gzip", level, deflate)) {
        chunks.push(Buffer.from(chunk));
        giveBackChunk(chunk);
      }
      return Buffer.concat(chunks);
    };
    for (const level of [1, 5]) {
      const packed = await pack(level, pool.deflateStream());
      expect(packed.equals(await pack(level))).toBe(true);
      expect(gunzipSync(packed).equals(Buffer.concat([noise, text]))).toBe(true);
    }
  });

  test("keeps the answers of calls apart that are under way together", async () => {
    const lists = Array.from({ length: 5 }, (_, list) =>
      Array.from({ length: 30 }, (_, at) => write(`l${list}-${at}`, `${list} ${at}`)),
    );
    const digests = await Promise.all(lists.map((files) => pool.hashFiles(files)));
    expect(digests).toEqual(lists.map((files, list) => files.map((_, at) => sha256(`${list} ${at}`))));
  });

  test("says which file has changed, and goes on with other files", async () => {
    const changed = write("changed", "before");
    appendFileSync(changed.path, "after");
    await expect(pool.hashFiles([changed])).rejects.toMatchObject({
      name: "StrakeError",
      code: "file-changed",
      message: `${changed.path} changed while it was read`,
    });
    expect(await pool.hashFiles([write("other", "fine")])).toEqual([sha256("fine")]);
  });

  test("fails, rather than waits, when the threads cannot run", async () => {
    const broken = createFileThreads(pathToFileURL(join(root, "none.mjs")), 1);
    const files = [write("a", "a")];
    await expect(broken.hashFiles(files)).rejects.toThrow("Cannot find module");
    await expect(broken.hashFiles(files)).rejects.toThrow("Cannot find module");
  });

  test("fails what is under way when it is closed", async () => {
    const hashing = pool.hashFiles([write("a", "a")]);
    const failed = expect(hashing).rejects.toThrow("stopped");
    await pool.close();
    await failed;
  });

  test("has nothing to do without files", async () => {
    expect(await pool.hashFiles([])).toEqual([]);
  });

  test("does not keep the process alive", () => {
    const file = write("a", "a");
    const program = `
      import { createFileThreads } from ${JSON.stringify(built.href)};
      const pool = createFileThreads(new URL(${JSON.stringify(worker.href)}), 2);
      console.log(...(await pool.hashFiles([${JSON.stringify(file)}])));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 300_000 });
    expect(output.toString().trim()).toBe(sha256("a"));
  });
});
