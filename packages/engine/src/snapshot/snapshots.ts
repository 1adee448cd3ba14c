import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { type Digest, digestParts, type Entry, type FileTree, layerTree } from "@strake/oci";
import type { MarkSpace } from "../kernel/file-kinds.ts";
import { isAlive, processName } from "../kernel/process-name.ts";
import { makeFolder } from "../store/make-folder.ts";
import { hasWholeFiles, startOfMachine } from "./whole-files.ts";
import { writeSnapshot } from "./write-snapshot.ts";

/** How a snapshot is made that is not there yet. */
export interface SnapshotRecipe {
  /** The entries of the layer, with their contents. */
  readonly entries: () => Promise<readonly Entry[]>;
  /** The layers below, from the base up. */
  readonly below: () => Promise<readonly (readonly Entry[])[]>;
  /** The latest time of a file, in seconds since 1970; times stay as they are where absent. */
  readonly epoch: number | undefined;
}

/** Folders for the kernel to put the changes of one command into. */
export interface Scratch {
  readonly upper: string;
  readonly work: string;
  /** Removes what is left of them. */
  dispose(): void;
}

/**
 * Layers as folders that overlayfs can lay over one another, in the store.
 *
 * A folder has its name only when it is whole. Two processes that make the same one do not get in each other's way: the
 * later throws its own away.
 */
export class Snapshots {
  readonly space: MarkSpace;
  readonly #folder: string;
  readonly #passing: string;
  readonly #making = new Map<Digest, Promise<string>>();
  #swept = false;

  /**
   * @param store the folder of the store
   * @param space where overlayfs keeps its marks: `user` inside a user namespace
   */
  constructor(store: string, space: MarkSpace) {
    this.#folder = join(store, "snapshots");
    this.#passing = join(store, "scratch");
    this.space = space;
  }

  /**
   * The folder of a layer, or undefined where it is not there or lost files when the machine went down.
   *
   * What was used last is removed last, so the use is noted, except by those who only look.
   *
   * @param entries the entries of the layer, asked for only where the machine was started since the last use
   */
  async find(
    key: Digest,
    entries: () => Promise<readonly Entry[]>,
    options: { readonly readOnly?: boolean } = {},
  ): Promise<string | undefined> {
    const path = this.#path(key);
    const used = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (used === undefined) return undefined;
    if (used < startOfMachine() && !hasWholeFiles(path, await entries())) {
      if (!options.readOnly) this.#throwAway(path);
      return undefined;
    }
    if (!options.readOnly) touch(path);
    return path;
  }

  /** The folder of a layer, made where it is not there. */
  ensure(key: Digest, recipe: SnapshotRecipe): Promise<string> {
    const making = this.#making.get(key) ?? this.#make(key, recipe);
    this.#making.set(key, making);
    return making;
  }

  /** Makes what a command changed the folder of a layer; the folder given is gone afterwards, or thrown away later. */
  adopt(key: Digest, upper: string): string {
    makeFolder(this.#folder);
    const path = this.#path(key);
    moveUnlessThere(upper, path);
    return path;
  }

  /**
   * Makes folders for one command.
   *
   * @param below the topmost folder below: the root of the file system stays whose it is
   */
  scratch(below: string | undefined): Scratch {
    const folder = this.#passingFolder();
    const scratch = { upper: join(folder, "upper"), work: join(folder, "work") };
    for (const path of Object.values(scratch)) mkdirSync(path);
    const root = below === undefined ? undefined : lstatSync(below);
    chownSync(scratch.upper, root?.uid ?? 0, root?.gid ?? 0);
    chmodSync(scratch.upper, (root?.mode ?? 0o755) & 0o7777);
    return { ...scratch, dispose: () => removeScratch(folder, scratch.upper) };
  }

  async #make(key: Digest, recipe: SnapshotRecipe): Promise<string> {
    const path = this.#path(key);
    const found = await this.find(key, recipe.entries);
    if (found !== undefined) return found;
    const [entries, layers] = await Promise.all([recipe.entries(), recipe.below()]);
    const below: FileTree = layerTree(layers);
    const tree = layerTree([...layers, entries]);
    const folder = this.#passingFolder();
    try {
      const made = join(folder, "layer");
      mkdirSync(made);
      writeSnapshot(made, entries, { tree, below, space: this.space, epoch: recipe.epoch });
      makeFolder(this.#folder);
      moveUnlessThere(made, path);
      return path;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #throwAway(path: string): void {
    const folder = this.#passingFolder();
    try {
      renameSync(path, join(folder, "layer"));
    } catch (error) {
      // Another process did it.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    rmSync(folder, { recursive: true, force: true });
  }

  #path(key: Digest): string {
    return join(this.#folder, digestParts(key).hex.slice(0, 24));
  }

  /** A folder of this process's own; those of processes that are gone are removed on the way. */
  #passingFolder(): string {
    makeFolder(this.#passing);
    if (!this.#swept) {
      this.#swept = true;
      for (const name of readdirSync(this.#passing)) {
        if (!isAlive(name)) rmSync(join(this.#passing, name), { recursive: true, force: true });
      }
    }
    return mkdtempSync(join(this.#passing, `${processName()}-`));
  }
}

/**
 * Removes the folders of a command.
 *
 * What a command changed is still there only where it is not wanted, and can be many files: nobody waits for them to go.
 * A process of its own removes them, and should that be killed, the next builder does.
 */
function removeScratch(folder: string, upper: string): void {
  if (existsSync(upper) && readdirSync(upper).length > 0) {
    spawn("rm", ["-rf", folder], { detached: true, stdio: "ignore" })
      .on("error", () => {})
      .unref();
  } else {
    rmSync(folder, { recursive: true, force: true });
  }
}

function touch(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
    touch(to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}
