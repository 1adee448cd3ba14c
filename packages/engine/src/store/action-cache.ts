import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestParts, isDigest } from "@strake/oci";
import { readIfPresent, touch, writeAtomically } from "./atomic-file.ts";

/** What is kept of a finished step: enough to know its layer without making it again. */
export interface ActionRecord {
  readonly diffId: Digest;
  /** Length of the uncompressed tar, in bytes. */
  readonly length: number;
  /** The layer as a registry keeps it, by compressor; see `compressor()`. */
  readonly packed?: Readonly<Record<string, { readonly digest: Digest; readonly size: number }>>;
}

/** Results of steps by their content keys: one small file each, below `actions`. */
export class ActionCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The result of a step, or undefined; a file that is not a record counts as none and is removed. */
  get(key: Digest): ActionRecord | undefined {
    const text = readIfPresent(this.#path(key));
    if (text === undefined) return undefined;
    try {
      const record = JSON.parse(text) as ActionRecord;
      if (isDigest(record.diffId) && Number.isSafeInteger(record.length)) return record;
    } catch {
      // Falls through: only a damaged disk leaves a file that is not JSON.
    }
    rmSync(this.#path(key), { force: true });
    return undefined;
  }

  set(key: Digest, record: ActionRecord): void {
    writeAtomically(this.#path(key), JSON.stringify(record));
  }

  /** Notes that a result was used. */
  touch(key: Digest): void {
    touch(this.#path(key));
  }

  #path(key: Digest): string {
    const { hex } = digestParts(key);
    return join(this.#folder, "actions", hex.slice(0, 2), `${hex.slice(2)}.json`);
  }
}
