import type { PlannedStep } from "@strake/core";
import type { Digest, Entry, FileTree, Layer } from "@strake/oci";
import { layerTree } from "@strake/oci";

/** One layer that a step came to, whether or not its bytes were ever made. */
export interface SolvedLayer {
  /** What the layer is known by: the same key, the same bytes. */
  readonly key: Digest;
  /** The uncompressed layer of a step, or the layer of a base as it is kept. */
  readonly layer: Layer;
  /**
   * The entries of the layer's tar.
   *
   * With `contents`, files can be read, which moves and keeps the bytes of a base's layer.
   */
  entries(options: { readonly contents: boolean }): Promise<readonly Entry[]>;
  /** The layer comes from a step of this plan, not from a base. */
  readonly own: boolean;
  /** The step that has to be done before anything can be said of the layer. */
  readonly waitsOn?: PlannedStep;
}

/** What an operation came to. */
export type Solved = SolvedLayers | SolvedFolder;

/** A file system made of layers, from the base up. */
export class SolvedLayers {
  readonly kind = "layers";
  readonly layers: readonly SolvedLayer[];
  #listed: Promise<FileTree> | undefined;
  #readable: Promise<FileTree> | undefined;

  constructor(layers: readonly SolvedLayer[]) {
    this.layers = layers;
  }

  /** The keys of the layers; together they say what the file system is. */
  get keys(): readonly Digest[] {
    return this.layers.map((layer) => layer.key);
  }

  /** What a container would see. Asking for contents once serves those who ask without. */
  tree(options: { readonly contents: boolean }): Promise<FileTree> {
    if (options.contents) {
      this.#readable ??= this.#merge(true);
      return this.#readable;
    }
    this.#listed ??= this.#readable ?? this.#merge(false);
    return this.#listed;
  }

  async #merge(contents: boolean): Promise<FileTree> {
    const listing = this.layers.map((layer) => layer.entries({ contents }));
    // Where one fails, the others are still at work and have to clean up before anybody hears of it.
    await Promise.allSettled(listing);
    return layerTree(await Promise.all(listing));
  }
}

/** A folder of this machine, for steps to copy from. */
export interface SolvedFolder {
  readonly kind: "folder";
  /** The name that the plan has for it. */
  readonly name: string;
  /** Absolute. */
  readonly root: string;
}

/** The file system with nothing in it. */
export const emptyFileSystem: SolvedLayers = new SolvedLayers([]);

/** The layers of what an operation came to; a folder of this machine has none. */
export function layersOf(solved: Solved): SolvedLayers {
  if (solved.kind === "layers") return solved;
  throw new Error(`the folder ${solved.name} is no file system of an image`);
}
