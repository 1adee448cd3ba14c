import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, parseReference, printReference, type Reference } from "@strake/oci";
import { readIfPresent, touch, writeAtomically } from "./atomic-file.ts";

/** An image of the store, under a name or without one. */
export interface ImageRecord {
  /** The full name, as `printReference` writes it; absent for an image that has none, or none any more. */
  readonly name?: string;
  /** The digest of the manifest, which is a blob of the store. */
  readonly manifest: Digest;
  /** The digest of the config: the image's id. */
  readonly id: Digest;
  /** When the name was given, in milliseconds since 1970. */
  readonly named: number;
  /** Length of all layers, uncompressed where that is known, in bytes. */
  readonly size: number;
  /** The digest that the name had in its registry, where that is not the manifest's: that of the index it is of. */
  readonly index?: Digest;
}

/** What a name is given to. */
export type UnnamedImage = Omit<ImageRecord, "name">;

/** The images of a store: one small file a name, so that names move one by one and at once, and one for each without. */
export class ImageRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, "images");
  }

  get(reference: Reference): ImageRecord | undefined {
    return this.#read(this.#path(reference));
  }

  /**
   * Gives an image a name; the image that had it before stays, without a name if this was its last.
   *
   * An image that has the name already keeps it as it was given.
   */
  set(reference: Reference, { manifest, id, named, size, index }: UnnamedImage): void {
    const before = this.get(reference);
    const isSame = before?.manifest === manifest && before.id === id && before.size === size && before.index === index;
    if (before !== undefined && isSame) {
      this.touch(before);
      return;
    }
    const name = printReference(reference);
    if (before !== undefined && before.id !== id) {
      const others = this.list().filter((other) => other.id === before.id && other.name !== name);
      // Before the name moves, so that a kill in between loses nothing; until then it is not listed.
      if (others.length === 0) this.#writeUnnamed({ ...before, named });
    }
    writeAtomically(this.#path(reference), JSON.stringify({ name, manifest, id, named, size, index }));
    rmSync(this.#unnamedPath(id), { force: true });
  }

  /** Keeps an image that has no name. */
  keep(image: UnnamedImage): void {
    if (this.list().some(({ id, name }) => id === image.id && name !== undefined)) return;
    this.#writeUnnamed(image);
  }

  /** Notes that an image was used, so that one without a name is not taken for forgotten. */
  touch(record: ImageRecord): void {
    touch(this.path(record));
  }

  remove(reference: Reference): void {
    rmSync(this.#path(reference), { force: true });
  }

  /** Removes a name, or an image that has none. */
  removeRecord(record: ImageRecord): void {
    rmSync(this.path(record), { force: true });
  }

  /** The file that says what is known of an image. */
  path({ name, id }: ImageRecord): string {
    return name === undefined ? this.#unnamedPath(id) : this.#path(parseReference(name));
  }

  /** Every image by its names, then those that have none. */
  list(): readonly ImageRecord[] {
    const records = this.#files().flatMap((file) => this.#read(join(this.#folder, file)) ?? []);
    const named = new Set(records.flatMap(({ name, id }) => (name === undefined ? [] : [id])));
    return (
      records
        // Whoever was killed while giving a name may have left both.
        .filter(({ name, id }) => name !== undefined || !named.has(id))
        .sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1))
    );
  }

  /**
   * Finds an image by name, by id or by the beginning of an id, as Docker's commands do; a name with a digest, whatever
   * its tag, is that image of the repository.
   *
   * @returns every record that the text means; several where an image has several names
   */
  find(text: string): readonly ImageRecord[] {
    const byId = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(text);
    if (byId !== null) {
      const found = this.list().filter((record) => record.id.startsWith(`sha256:${byId[1]}`));
      // So long, it can be nothing else.
      if (found.length > 0 || byId[1]?.length === 64) return found;
    }
    const { tag, ...reference } = parseReference(text);
    const { digest, registry, repository } = reference;
    const record = this.get({ ...reference, ...(tag === undefined || digest !== undefined ? {} : { tag }) });
    if (record !== undefined) return [record];
    if (digest === undefined) return [];
    const found = this.list().find(({ name, manifest, index }) => {
      const of = name === undefined || (manifest !== digest && index !== digest) ? undefined : parseReference(name);
      return of?.registry === registry && of.repository === repository;
    });
    return found === undefined ? [] : [found];
  }

  #writeUnnamed({ manifest, id, named, size }: UnnamedImage): void {
    writeAtomically(this.#unnamedPath(id), JSON.stringify({ manifest, id, named, size }));
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((file) => file.endsWith(".json"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  #read(path: string): ImageRecord | undefined {
    const text = readIfPresent(path);
    return text === undefined ? undefined : (JSON.parse(text) as ImageRecord);
  }

  #path(reference: Reference): string {
    return join(this.#folder, `${encodeURIComponent(printReference(reference))}.json`);
  }

  /** No name begins so. */
  #unnamedPath(id: Digest): string {
    return join(this.#folder, `${encodeURIComponent(`@${id}`)}.json`);
  }
}

/** Names sort before what has none: a tilde comes after every character of a name. */
function sortKey({ name, id }: ImageRecord): string {
  return name ?? `~${id}`;
}
