import { join } from "node:path";
import { type Digest, digestParts, isDigest } from "@strake/oci";
import { readIfPresent, touch, writeAtomically } from "./atomic-file.ts";

/** Results of commands by their content keys: the key of the layer that each made, one small file each. */
export class RunResults {
  readonly #folder: string;

  /** @param folder the folder of the store */
  constructor(folder: string) {
    this.#folder = join(folder, "runs");
  }

  /** The key of the layer that a command made, or undefined. */
  get(key: Digest): Digest | undefined {
    const text = readIfPresent(this.#path(key))?.trim();
    return text !== undefined && isDigest(text) ? text : undefined;
  }

  /** Notes that a result was used. */
  touch(key: Digest): void {
    touch(this.#path(key));
  }

  set(key: Digest, layer: Digest): void {
    writeAtomically(this.#path(key), `${layer}\n`);
  }

  #path(key: Digest): string {
    const { hex } = digestParts(key);
    return join(this.#folder, hex.slice(0, 2), hex.slice(2));
  }
}
