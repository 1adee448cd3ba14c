import { posix } from "node:path";
import type { BlobStore } from "../blob-store/blob-store.ts";
import { readFileChunks } from "../blob-store/read-file.ts";
import { type Digest, digestParts, parseDigest } from "../digest.ts";
import { OciError } from "../oci-error.ts";
import type { Entry } from "../tree/entry.ts";

/** The most links that are followed from one name in an archive to another. */
const mostLinks = 10;

/** A file within an archive on disk. */
export interface ArchivedFile {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** The files of an archive by name, links followed. */
export class ArchiveIndex {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #archive: string;

  /** @param archive the path of the archive, an uncompressed tar, whose entries these are */
  constructor(archive: string, entries: readonly Entry[]) {
    this.#archive = archive;
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
  }

  has(name: string): boolean {
    return this.file(name) !== undefined;
  }

  /** Finds a file; older versions of `docker save` write links between layers that are the same. */
  file(name: string): ArchivedFile | undefined {
    let path = posix.normalize(name);
    for (let links = 0; links < mostLinks; links++) {
      const entry = this.#entries.get(path);
      if (entry?.type === "symlink") path = posix.join(posix.dirname(path), entry.linkname ?? "");
      else if (entry?.type === "hardlink") path = entry.linkname ?? "";
      else if (entry?.type !== "file" || entry.content?.from !== "file") return undefined;
      else return { path: this.#archive, offset: entry.content.offset, size: entry.size };
    }
    return undefined;
  }

  /**
   * Reads a small file whole.
   *
   * @throws OciError `invalid-layout` where it is missing or larger than the limit
   */
  async read(name: string, limit: number, where: string): Promise<Uint8Array> {
    const file = this.file(name);
    if (file === undefined) throw new OciError("invalid-layout", `${where} lacks ${name}`);
    if (file.size > limit) throw new OciError("invalid-layout", `${name} in ${where} has more than ${limit} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readArchived(file)) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  /** The first names of the archive, to show what it is. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }
}

/** Streams a file out of its archive. */
export function readArchived(file: ArchivedFile): AsyncGenerator<Uint8Array> {
  return readFileChunks(file.path, file.offset, file.size);
}

/** Reads the blobs of an OCI layout that is an archive; nothing can be put there. */
export class ArchiveBlobStore implements BlobStore {
  readonly #index: ArchiveIndex;

  constructor(index: ArchiveIndex) {
    this.#index = index;
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#file(digest) !== undefined;
  }

  async size(digest: Digest): Promise<number | undefined> {
    return this.#file(digest)?.size;
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    const file = this.#file(digest);
    if (file === undefined) throw new OciError("not-found", `the archive has no blob ${digest}`);
    yield* readArchived(file);
  }

  put(): Promise<never> {
    return Promise.reject(new OciError("invalid-layout", "nothing can be put into an archive that is being read"));
  }

  add(): Promise<never> {
    return this.put();
  }

  #file(digest: Digest): ArchivedFile | undefined {
    const { algorithm, hex } = digestParts(parseDigest(digest));
    return this.#index.file(`blobs/${algorithm}/${hex}`);
  }
}
