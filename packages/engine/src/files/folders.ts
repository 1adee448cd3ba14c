import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import {
  fingerprint,
  type HashFiles,
  ignoreMatcher,
  ListAhead,
  type ListDirectories,
  type LocalEntry,
  type LocalTree,
  localTree,
  readIgnore,
  StatCache,
  selectionFingerprint,
} from "@strake/core/context";
import { type Digest, hostPath, type ReadPieces } from "@strake/oci";
import type { SolvedFolder } from "../solve/solved.ts";
import { HashAhead } from "./hash-ahead.ts";

/** A folder of this machine as a build sees it. */
export interface OpenFolder {
  readonly tree: LocalTree;
  /** Says that all below a path will be asked for. */
  expect(path: string): void;
  /** Says that the digest of an entry will be asked for, so that hashing can begin while others are looked for. */
  see(entry: LocalEntry): Promise<void> | undefined;
  /** Says that the content of files becomes part of something, which is kept only if they stay as they are. */
  use(entries: readonly LocalEntry[]): void;
  /** The digests of files by their paths; a file is read only when it is not known from an earlier look. */
  digests(entries: readonly LocalEntry[]): Promise<ReadonlyMap<string, Digest>>;
  /**
   * The digest of the manifest of some files as a statement takes them, where neither has changed since it was made.
   *
   * Making it costs a look at every file's digest; this costs only what the walk has seen already.
   */
  manifest(entries: readonly LocalEntry[], statement: string): KnownManifest;
}

/** What is known of a manifest before it is made. */
export interface KnownManifest {
  readonly digest: Digest | undefined;
  /** Remembers the digest for the next build. */
  keep(digest: Digest): void;
}

/** How folders are read. */
export interface FoldersOptions {
  /** The folder of the stat caches. */
  readonly caches: string;
  /** Nothing is written. */
  readonly readOnly: boolean;
  /** The build file, whose own ignore file wins over the folder's. */
  readonly buildFile?: string | undefined;
  /** The folder for which that counts; the build file's own where absent. */
  readonly buildFileRoot?: string | undefined;
  readonly hashFiles?: HashFiles | undefined;
  readonly listDirectories?: ListDirectories | undefined;
}

interface Opened extends OpenFolder {
  readonly cache: StatCache;
  /** The files whose digests were asked for, by their paths on this machine. */
  readonly used: Map<string, LocalEntry>;
  /** Those that were as they had been when their content had been read. */
  readonly read: Set<string>;
}

/** The folders that the steps of a build copy from: each is walked once, however many steps want it. */
export class Folders {
  readonly #options: FoldersOptions;
  readonly #open = new Map<string, Opened>();
  #looked: { readonly files: number; readonly atRest: boolean } | undefined;
  /** A file was not what it had been when its content was read. */
  #changed = false;

  constructor(options: FoldersOptions) {
    this.#options = options;
  }

  /** How many files at once are hashed, where the machine has a way of its own. */
  get hashFiles(): HashFiles | undefined {
    return this.#options.hashFiles;
  }

  open(folder: SolvedFolder): OpenFolder {
    const opened = this.#open.get(folder.root) ?? this.#openFolder(folder.root);
    this.#open.set(folder.root, opened);
    return opened;
  }

  /**
   * Tells whether the files that steps have read are as they were when their digests were found.
   *
   * What was made of files that changed in between is not what its key says, so nothing of it may be kept.
   *
   * @param options.all also those that were looked at when `readingPieces` had read them: somebody else is going to
   */
  atRest({ all = false }: { readonly all?: boolean } = {}): boolean {
    if (this.#changed) return false;
    const opened = [...this.#open.values()];
    for (const { read } of opened) {
      if (!all || read.size === 0) continue;
      read.clear();
      this.#looked = undefined;
    }
    const files = opened.reduce((sum, { used }) => sum + used.size, 0);
    // Asked for each output and at the end; as long as no step reads more, one look answers.
    if (this.#looked?.files !== files) this.#looked = { files, atRest: opened.every(isAtRest) };
    return this.#looked.atRest;
  }

  /** Reads pieces, and compares whether their files are as they were. */
  readingPieces(readPieces: ReadPieces): ReadPieces {
    return async (buffer, pieces) => {
      const times = await readPieces(buffer, pieces);
      for (const [at, { path }] of pieces.entries()) {
        this.#compare(path, times[2 * at] as number, times[2 * at + 1] as number);
      }
      return times;
    };
  }

  /** Keeps what was learned about files for the next build. */
  save(): void {
    if (this.#options.readOnly) return;
    for (const { cache } of this.#open.values()) cache.save();
  }

  /** Compares the times of a file that has been read with what they were when its digest was found. */
  #compare(host: string, mtimeMs: number, ctimeMs: number): void {
    for (const { used, read } of this.#open.values()) {
      const before = used.get(host);
      if (before === undefined) continue;
      if (before.mtimeMs === mtimeMs && before.ctimeMs === ctimeMs) read.add(host);
      else this.#changed = true;
    }
  }

  #openFolder(root: string): Opened {
    const { buildFile, buildFileRoot, hashFiles, listDirectories } = this.#options;
    const own = buildFile !== undefined && (buildFileRoot ?? dirname(buildFile)) === root ? buildFile : undefined;
    const cache = StatCache.open(this.#options.caches, root);
    const { patterns } = readIgnore(root, own);
    const ignore = patterns.length === 0 ? undefined : ignoreMatcher(patterns);
    const isNew = cache.isEmpty && hashFiles !== undefined;
    const lists = isNew && listDirectories !== undefined ? new ListAhead(root, ignore, listDirectories) : undefined;
    const tree = localTree(root, { ...(ignore && { ignore }), ...(lists && { ahead: lists }) });
    const ahead = isNew ? new HashAhead(hashFiles, () => lists?.begin()) : undefined;
    const used = new Map<string, LocalEntry>();
    const use = (entries: readonly LocalEntry[]): void => {
      for (const entry of entries) if (entry.content?.from === "file") used.set(entry.content.path, entry);
    };
    return {
      tree,
      cache,
      used,
      read: new Set(),
      manifest: (entries, statement) => {
        const readAt = Date.now();
        const seen = selectionFingerprint(entries);
        const known = { ...seen, id: `${seen.id} ${statement}` };
        return { digest: cache.getManifest(known), keep: (digest) => cache.setManifest(known, digest, readAt) };
      },
      use,
      expect: (path) => lists?.expect(path),
      see: (entry) => ahead?.see(entry),
      digests: (entries) => {
        use(entries);
        const threads = ahead?.hashFiles ?? hashFiles;
        return fingerprint(entries, {
          cache,
          ...(threads === undefined ? {} : { hashFiles: threads }),
          ...(ahead === undefined ? {} : { readAt: ahead.began }),
        });
      },
    };
  }
}

function isAtRest({ used, read }: Opened): boolean {
  for (const [host, before] of used) if (!read.has(host) && !isAsItWas(host, before)) return false;
  return true;
}

function isAsItWas(host: string, before: LocalEntry): boolean {
  const now = lstatSync(hostPath(host), { throwIfNoEntry: false });
  return now?.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs && now.size === before.size;
}
