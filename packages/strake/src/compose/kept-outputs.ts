import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "@strake/core";
import { readIfPresent, writeAtomically } from "@strake/engine";
import type { Digest } from "@strake/oci";

/** What is known of an image that a file holds. */
export interface WrittenImage {
  readonly id: Digest;
  readonly digest: Digest;
}

/** A file that an earlier build has written. */
export interface KeptOutput extends WrittenImage {
  /** Absolute. */
  readonly path: string;
  /** What the file holds, as `writeOutput` knows it. */
  readonly content: Digest;
  /** What the file looked like when it had been written. */
  readonly stamp: string;
}

/** What earlier builds have written where: a file that nobody has touched since need not be made again. */
export class KeptOutputs {
  readonly #folder: string;

  /** @param home the folder of the store */
  constructor(home: string) {
    this.#folder = join(home, "outputs");
  }

  /** What was written to a path, if it is this content and still as it was. */
  at(path: string, content: Digest): KeptOutput | undefined {
    const kept = this.#read(this.#record(path));
    return kept?.content === content && isUntouched(kept) ? kept : undefined;
  }

  /** Any file that holds a content and is still as it was. */
  anywhere(content: Digest): KeptOutput | undefined {
    for (const name of this.#names()) {
      const record = join(this.#folder, name);
      const kept = this.#read(record);
      if (kept !== undefined && !isUntouched(kept)) rmSync(record, { force: true });
      else if (kept?.content === content) return kept;
    }
    return undefined;
  }

  /** Remembers what has just been written to a path. */
  keep(path: string, content: Digest, { id, digest }: WrittenImage): void {
    const stamp = stampOf(path);
    if (stamp === undefined) return;
    const kept: KeptOutput = { path, content, stamp, id, digest };
    writeAtomically(this.#record(path), JSON.stringify(kept));
  }

  #record(path: string): string {
    return join(this.#folder, `${digestOf(path).slice("sha256:".length, 40)}.json`);
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith(".json"));
    } catch {
      return [];
    }
  }

  #read(record: string): KeptOutput | undefined {
    const text = readIfPresent(record);
    return text === undefined ? undefined : (JSON.parse(text) as KeptOutput);
  }
}

/** Tells whether a file is as it was when it had been written. */
export function isUntouched({ path, stamp }: KeptOutput): boolean {
  return path !== undefined && stampOf(path) === stamp;
}

function stampOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.size, found.mtimeMs, found.ctimeMs, found.ino].join(" ");
}
