import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Digest } from "../digest.ts";
import { sha256 } from "../hash.ts";
import type { BlobStore } from "./blob-store.ts";
import { DiskBlobStore } from "./disk-blob-store.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { readBlob } from "./read-blob.ts";

const hello = Buffer.from("hello");

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "strake-blobs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function* stream(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const stores: readonly (readonly [string, () => BlobStore])[] = [
  ["disk", () => new DiskBlobStore(join(temporary(), "store"))],
  ["memory", () => new MemoryBlobStore()],
];

describe.each(stores)("a blob store (%s)", (_, open) => {
  it("gives back what was put", async () => {
    const store = open();
    const big = Buffer.alloc(3 * 1024 * 1024 + 17, "strake");
    await store.put(sha256(hello), hello);
    await store.put(sha256(big), stream(big.subarray(0, 1000), big.subarray(1000)));
    expect((await collect(store.get(sha256(hello)))).toString()).toBe("hello");
    expect((await collect(store.get(sha256(big)))).equals(big)).toBe(true);
    expect([await store.has(sha256(big)), await store.size(sha256(big))]).toEqual([true, big.length]);
  });

  it("keeps the empty blob", async () => {
    const store = open();
    await store.put(sha256(""), stream());
    expect(await store.size(sha256(""))).toBe(0);
    expect((await collect(store.get(sha256("")))).length).toBe(0);
  });

  it("finds out the digest of what is added", async () => {
    const store = open();
    expect(await store.add(stream("hel", "lo"))).toEqual({ digest: sha256(hello), size: 5 });
    expect(await store.has(sha256(hello))).toBe(true);
  });

  it("keeps sha512 blobs beside", async () => {
    const store = open();
    const digest: Digest = `sha512:${"9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"}`;
    await store.put(digest, hello);
    expect((await collect(store.get(digest))).toString()).toBe("hello");
  });

  it("says that a blob is not there", async () => {
    const store = open();
    const digest = sha256("nothing");
    expect([await store.has(digest), await store.size(digest)]).toEqual([false, undefined]);
    await expect(collect(store.get(digest))).rejects.toMatchObject({ name: "OciError", code: "not-found" });
    await expect(readBlob(store, digest, 100, "config of app")).rejects.toThrow(/^config of app is missing/);
  });

  it("refuses content that is not what the digest says, and keeps nothing of it", async () => {
    const store = open();
    const digest = sha256("what was promised");
    await expect(store.put(digest, stream("something ", "else"))).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(await store.has(digest)).toBe(false);
  });

  it("keeps nothing of a source that fails", async () => {
    const store = open();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield hello;
      throw new Error("the line went dead");
    }
    await expect(store.put(sha256(hello), failing())).rejects.toThrow("the line went dead");
    await expect(store.add(failing())).rejects.toThrow("the line went dead");
    expect(await store.has(sha256(hello))).toBe(false);
  });

  it("reads nothing from the source of what it has", async () => {
    const store = open();
    await store.put(sha256(hello), hello);
    let read = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      read = true;
      yield hello;
    }
    await store.put(sha256(hello), source());
    expect(read).toBe(false);
  });

  it("takes the same blob from many at once", async () => {
    const store = open();
    const blob = Buffer.alloc(2 * 1024 * 1024, 7);
    await Promise.all(Array.from({ length: 10 }, () => store.put(sha256(blob), stream(blob))));
    expect((await collect(store.get(sha256(blob)))).equals(blob)).toBe(true);
  });

  it("refuses a digest that is none before it becomes a path", async () => {
    const store = open();
    const digest = "sha256:../../../../etc/passwd" as Digest;
    await expect(store.has(digest)).rejects.toMatchObject({ code: "invalid-digest" });
    await expect(store.put(digest, hello)).rejects.toMatchObject({ code: "invalid-digest" });
    await expect(collect(store.get(digest))).rejects.toMatchObject({ code: "invalid-digest" });
  });

  it("reads no document beyond its limit", async () => {
    const store = open();
    await store.put(sha256(hello), hello);
    await expect(readBlob(store, sha256(hello), 4, "manifest of app")).rejects.toMatchObject({
      code: "invalid-document",
      message: "manifest of app: has 5 bytes; at most 4 are read",
    });
  });
});

describe("a blob store on disk", () => {
  it("keeps blobs where an OCI layout has them, and nothing else", async () => {
    const folder = temporary();
    const store = new DiskBlobStore(folder);
    await store.put(sha256(hello), hello);
    await store.put(sha256("x"), stream("y")).catch(() => {});
    expect(store.path(sha256(hello))).toBe(join(folder, "blobs", "sha256", sha256(hello).slice(7)));
    expect(readdirSync(join(folder, "blobs", "sha256"))).toEqual([sha256(hello).slice(7)]);
  });

  it("notices a document that was damaged on disk", async () => {
    const store = new DiskBlobStore(temporary());
    await store.put(sha256(hello), hello);
    writeFileSync(store.path(sha256(hello)), "hullo");
    await expect(readBlob(store, sha256(hello), 100, "config")).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  it("passes on that the disk is full, and removes what it wrote", async ({ skip }) => {
    const folder = mounted("size=1m") ?? skip("mounting a small file system needs root");
    const store = new DiskBlobStore(folder);
    const blob = Buffer.alloc(4 * 1024 * 1024, 1);
    await expect(store.put(sha256(blob), stream(blob))).rejects.toMatchObject({
      code: "ENOSPC",
      message: `a blob cannot be stored in ${folder}: no space is left on the device`,
    });
    expect(readdirSync(join(folder, "blobs", "sha256"))).toEqual([]);
  });

  it("passes on what the network did to a stream, which is not the store's affair", async () => {
    const lost = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("hel");
      throw lost;
    }
    await expect(new DiskBlobStore(temporary()).put(sha256(hello), broken())).rejects.toBe(lost);
  });

  it("says that the file system is read-only", async ({ skip }) => {
    const folder = mounted("ro") ?? skip("mounting a read-only file system needs root");
    await expect(new DiskBlobStore(folder).put(sha256(hello), hello)).rejects.toMatchObject({
      code: "EROFS",
      message: `a blob cannot be stored in ${folder}: the file system is read-only`,
    });
  });

  it("says that it may not write", async () => {
    const folder = temporary();
    chmodSync(folder, 0o555);
    // Root may write everywhere, so somebody else tries.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      await expect(new DiskBlobStore(folder).put(sha256(hello), hello)).rejects.toMatchObject({
        code: "EACCES",
        message: `a blob cannot be stored in ${folder}: permission is denied`,
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

/** A folder with a file system in memory of its own, or undefined where mounting is not allowed. */
function mounted(options: string): string | undefined {
  const folder = temporary();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", [folder]);
  });
  return folder;
}
