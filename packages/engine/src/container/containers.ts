import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { isAlive } from "../kernel/process-name.ts";
import { readIfPresent, writeAtomically } from "../store/atomic-file.ts";
import { makeFolder } from "../store/make-folder.ts";

/** A container: the files of an image, what a command has changed of them, and how it ended. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** The image as it was asked for. */
  readonly image: string;
  /** The whole name of the image, and the digest of its manifest. */
  readonly reference: string;
  readonly manifest: string;
  /** `linux/amd64` and the like. */
  readonly platform: string;
  readonly args: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** In milliseconds since 1970. */
  readonly created: number;
  /** The process that runs it; see `processName`. */
  readonly runner?: string;
  readonly ended?: { readonly at: number; readonly code: number };
}

/** The containers of a store: a folder each, with a description and the folders that the kernel puts changes into. */
export class Containers {
  readonly #folder: string;

  /** @param store the folder of the store */
  constructor(store: string) {
    this.#folder = join(store, "containers");
  }

  /**
   * Makes a container.
   *
   * @param below the topmost folder of the image's layers: the root stays whose it is
   * @throws StrakeError `name-taken`
   */
  create(
    record: Omit<ContainerRecord, "id" | "name">,
    name: string | undefined,
    below: string | undefined,
  ): ContainerRecord {
    const id = randomBytes(32).toString("hex");
    const chosen = name ?? `strake_${id.slice(0, 8)}`;
    if (this.list().some((each) => each.name === chosen)) {
      throw new StrakeError({
        code: "name-taken",
        message: `there is a container "${chosen}" already`,
        notes: [`Remove it with strake rm ${chosen}, or choose another name.`],
      });
    }
    const made = { ...record, id, name: chosen };
    const folder = this.#path(id);
    const passing = `${folder}.tmp`;
    makeFolder(this.#folder);
    for (const path of [passing, join(passing, "upper"), join(passing, "work")]) mkdirSync(path);
    const root = below === undefined ? undefined : lstatSync(below);
    chownSync(join(passing, "upper"), root?.uid ?? 0, root?.gid ?? 0);
    chmodSync(join(passing, "upper"), (root?.mode ?? 0o755) & 0o7777);
    writeAtomically(join(passing, "container.json"), JSON.stringify(made));
    renameSync(passing, folder);
    return made;
  }

  /** The folders that the kernel puts a container's changes into. */
  folders(id: string): { readonly upper: string; readonly work: string } {
    const folder = this.#path(id);
    return { upper: join(folder, "upper"), work: join(folder, "work") };
  }

  /** A folder for what the sandbox of a running container needs; it does not exist yet. */
  scratch(id: string): string {
    return join(this.#path(id), "sandbox");
  }

  removeScratch(id: string): void {
    rmSync(this.scratch(id), { recursive: true, force: true });
  }

  update(record: ContainerRecord): void {
    writeAtomically(join(this.#path(record.id), "container.json"), JSON.stringify(record));
  }

  /** All containers, the newest first. */
  list(): readonly ContainerRecord[] {
    let names: readonly string[];
    try {
      names = readdirSync(this.#folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    return names
      .flatMap((name): ContainerRecord[] => {
        const text = readIfPresent(join(this.#path(name), "container.json"));
        return text === undefined ? [] : [JSON.parse(text) as ContainerRecord];
      })
      .sort((left, right) => right.created - left.created);
  }

  /**
   * Finds a container by name, id, or the beginning of its id.
   *
   * @throws StrakeError `no-such-container`, or `usage` where several have ids that begin so
   */
  find(text: string): ContainerRecord {
    const all = this.list();
    const named = all.find(({ name }) => name === text);
    if (named !== undefined) return named;
    const found = all.filter(({ id }) => id.startsWith(text));
    const [first] = found;
    if (first === undefined || text === "") {
      throw new StrakeError({ code: "no-such-container", message: `there is no container "${text}"` });
    }
    if (found.length > 1) {
      throw new StrakeError({ code: "usage", message: `several containers have ids that begin with "${text}"` });
    }
    return first;
  }

  /** Removes a container and what it changed. */
  remove(id: string): void {
    rmSync(this.#path(id), { recursive: true, force: true });
  }

  #path(id: string): string {
    return join(this.#folder, id);
  }
}

/** Whether a container's command is running. */
export function isRunning(record: ContainerRecord): boolean {
  return record.ended === undefined && record.runner !== undefined && isAlive(record.runner);
}
