import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "@strake/core";
import { readIfPresent, writeAtomically } from "@strake/engine";
import type { Digest } from "@strake/oci";
import type { KnownBlobs } from "@strake/registry";

/** How long it is believed that a registry has what it had, in milliseconds: some remove what nobody names any more. */
const believedFor = 7 * 86_400_000;

/** What was seen again is not written down again for so long, in milliseconds. */
const writtenAgainAfter = 86_400_000;

/** The most blobs that are remembered of one repository: those seen last. */
const mostBlobs = 4000;

/** When blobs were seen in a repository, in milliseconds since 1970, by their digests. */
type SeenBlobs = Map<Digest, number>;

/** How the record of a registry is used. */
export interface PushedBlobsOptions {
  /** It is read and not written. */
  readonly readOnly?: boolean;
  /** Milliseconds since 1970; the clock's where absent. */
  readonly now?: () => number;
}

/**
 * What the store remembers of the blobs that one registry has: one small file for each repository, below `pushed`.
 *
 * Each is written whole under a passing name, so a kill loses at most what was learned last, and of two that write at
 * the same time one's knowledge: both are only asked for again. Names and digests are all that is in them.
 */
export class PushedBlobs implements KnownBlobs {
  readonly #folder: string;
  readonly #readOnly: boolean;
  readonly #now: () => number;
  readonly #repositories = new Map<string, SeenBlobs>();
  #all = false;

  /** @param home the folder of the store */
  constructor(home: string, registry: string, { readOnly = false, now = Date.now }: PushedBlobsOptions = {}) {
    this.#folder = join(home, "pushed", encodeURIComponent(registry));
    this.#readOnly = readOnly;
    this.#now = now;
  }

  knows(repository: string): boolean {
    return this.#read(repository).size > 0;
  }

  has(repository: string, digest: Digest): boolean {
    return this.#read(repository).has(digest);
  }

  places(digest: Digest): readonly string[] {
    this.#readAll();
    return [...this.#repositories]
      .flatMap(([repository, seen]) => ({ repository, at: seen.get(digest) }))
      .filter((each): each is { repository: string; at: number } => each.at !== undefined)
      .sort((one, other) => other.at - one.at)
      .map(({ repository }) => repository);
  }

  note(repository: string, digests: readonly Digest[]): void {
    const seen = this.#read(repository);
    const now = this.#now();
    const worthIt = digests.some((digest) => now - (seen.get(digest) ?? 0) > writtenAgainAfter);
    if (!worthIt) return;
    // What another process has learned meanwhile.
    for (const [digest, at] of this.#parse(repository)) seen.set(digest, Math.max(at, seen.get(digest) ?? 0));
    for (const digest of digests) seen.set(digest, now);
    this.#write(repository, seen);
  }

  forget(repository: string): void {
    this.#repositories.set(repository, new Map());
    if (!this.#readOnly) rmSync(this.#path(repository), { force: true });
  }

  #read(repository: string): SeenBlobs {
    const seen = this.#repositories.get(repository) ?? this.#parse(repository);
    this.#repositories.set(repository, seen);
    return seen;
  }

  #readAll(): void {
    if (this.#all) return;
    this.#all = true;
    for (const name of filesIn(this.#folder)) {
      const { repository, seen } = this.#parseFile(join(this.#folder, name));
      if (repository !== undefined && !this.#repositories.has(repository)) this.#repositories.set(repository, seen);
    }
  }

  #parse(repository: string): SeenBlobs {
    return this.#parseFile(this.#path(repository)).seen;
  }

  /** A file that is damaged says nothing. */
  #parseFile(path: string): { readonly repository?: string; readonly seen: SeenBlobs } {
    try {
      const { repository, blobs } = JSON.parse(readIfPresent(path) ?? "{}") as Partial<Written>;
      const oldest = this.#now() - believedFor;
      const entries = Object.entries(blobs ?? {}).filter(([, at]) => at > oldest) as [Digest, number][];
      return { ...(repository === undefined ? {} : { repository }), seen: new Map(entries) };
    } catch {
      return { seen: new Map() };
    }
  }

  /** What cannot be written down is asked for the next time. */
  #write(repository: string, seen: SeenBlobs): void {
    if (this.#readOnly) return;
    const latest = [...seen].sort(([, one], [, other]) => other - one).slice(0, mostBlobs);
    const written: Written = { repository, blobs: Object.fromEntries(latest) };
    try {
      writeAtomically(this.#path(repository), JSON.stringify(written));
    } catch {
      return;
    }
  }

  #path(repository: string): string {
    return join(this.#folder, `${digestOf(repository).slice("sha256:".length, 40)}.json`);
  }
}

interface Written {
  readonly repository: string;
  readonly blobs: Readonly<Record<string, number>>;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}
