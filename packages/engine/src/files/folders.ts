import { dirname } from "node:path";
import {
  fingerprint,
  type HashFiles,
  ignoreMatcher,
  type LocalTree,
  localTree,
  readIgnore,
  StatCache,
} from "@strake/core/context";
import type { Digest, Entry } from "@strake/oci";
import type { SolvedFolder } from "../solve/solved.ts";

/** A folder of this machine as a build sees it. */
export interface OpenFolder {
  readonly tree: LocalTree;
  /** The digests of files by their paths; a file is read only when it is not known from an earlier look. */
  digests(entries: readonly Entry[]): Promise<ReadonlyMap<string, Digest>>;
}

/** How folders are read. */
export interface FoldersOptions {
  /** The folder of the stat caches. */
  readonly caches: string;
  /** Nothing is written. */
  readonly readOnly: boolean;
  /** The build file, whose own ignore file wins over the folder's. */
  readonly buildFile?: string | undefined;
  readonly hashFiles?: HashFiles | undefined;
}

/** The folders that the steps of a build copy from: each is walked once, however many steps want it. */
export class Folders {
  readonly #options: FoldersOptions;
  readonly #open = new Map<string, OpenFolder & { readonly cache: StatCache }>();

  constructor(options: FoldersOptions) {
    this.#options = options;
  }

  open(folder: SolvedFolder): OpenFolder {
    const opened = this.#open.get(folder.root) ?? this.#openFolder(folder.root);
    this.#open.set(folder.root, opened);
    return opened;
  }

  /** Keeps what was learned about files for the next build. */
  save(): void {
    if (this.#options.readOnly) return;
    for (const { cache } of this.#open.values()) cache.save();
  }

  #openFolder(root: string): OpenFolder & { readonly cache: StatCache } {
    const { buildFile, hashFiles } = this.#options;
    const own = buildFile !== undefined && dirname(buildFile) === root ? buildFile : undefined;
    const tree = localTree(root, { ignore: ignoreMatcher(readIgnore(root, own).patterns) });
    const cache = StatCache.open(this.#options.caches, root);
    return {
      tree,
      cache,
      digests: (entries) => {
        const paths = entries.filter((entry) => entry.type === "file").map((entry) => entry.path);
        return fingerprint(tree, paths, { cache, ...(hashFiles === undefined ? {} : { hashFiles }) });
      },
    };
  }
}
