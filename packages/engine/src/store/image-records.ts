import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, parseReference, printReference, type Reference } from "@strake/oci";
import { readIfPresent, writeAtomically } from "./atomic-file.ts";

/** An image of the store under a name. */
export interface ImageRecord {
  /** The full name, as `printReference` writes it. */
  readonly name: string;
  /** The digest of the manifest, which is a blob of the store. */
  readonly manifest: Digest;
  /** The digest of the config: the image's id. */
  readonly id: Digest;
  /** When the name was given, in milliseconds since 1970. */
  readonly named: number;
  /** Length of all layers, uncompressed where that is known, in bytes. */
  readonly size: number;
}

/** The named images of a store: one small file a name, so that names move one by one and at once. */
export class ImageRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, "images");
  }

  get(reference: Reference): ImageRecord | undefined {
    const text = readIfPresent(this.#path(reference));
    return text === undefined ? undefined : (JSON.parse(text) as ImageRecord);
  }

  set(reference: Reference, record: Omit<ImageRecord, "name">): void {
    writeAtomically(this.#path(reference), JSON.stringify({ name: printReference(reference), ...record }));
  }

  remove(reference: Reference): void {
    rmSync(this.#path(reference), { force: true });
  }

  /** Every named image, by name. */
  list(): readonly ImageRecord[] {
    let files: readonly string[];
    try {
      files = readdirSync(this.#folder).filter((file) => file.endsWith(".json"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    return files
      .map((file) => readIfPresent(join(this.#folder, file)))
      .filter((text) => text !== undefined)
      .map((text) => JSON.parse(text) as ImageRecord)
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * Finds an image by name, by id or by the beginning of an id, as Docker's commands do.
   *
   * @returns every record that the text means; several where an image has several names
   */
  find(text: string): readonly ImageRecord[] {
    const byId = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(text);
    if (byId !== null) {
      const found = this.list().filter((record) => record.id.startsWith(`sha256:${byId[1]}`));
      if (found.length > 0) return found;
    }
    const record = this.get(parseReference(text));
    return record === undefined ? [] : [record];
  }

  #path(reference: Reference): string {
    return join(this.#folder, `${encodeURIComponent(printReference(reference))}.json`);
  }
}
