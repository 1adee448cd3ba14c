import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What stands before the code: a digest of all that follows, and the size of `Kept`. */
const digestLength = 32;
const headLength = digestLength + 8;

/** To compile so many bytes of code takes longer than to keep them. */
const muchCode = 100_000;

const anHour = 3_600_000;
const aDay = 24 * anHour;

/** What V8 has compiled until now, as far as it has kept it. */
export interface Compiled {
  /** How many bytes of code there are, of this script and of others; undefined where it takes long to count. */
  size(): number | undefined;
  /** The script's code. */
  code(): Buffer;
}

interface Kept {
  readonly code: Buffer;
  /** How many bytes of code a process had in the end that had nothing to add to this; 0 if none has found that yet. */
  readonly fullSize: number;
}

/**
 * What V8 has compiled of one script, kept for the processes after this one.
 *
 * V8 itself refuses what another version of it, or one with other flags, has made. It does not compare the script
 * beyond its length, so the script's digest is part of the name.
 */
export class CodeCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #general: string;
  #kept: Kept | undefined;
  #isDue = true;

  /**
   * @param home the folder of what is kept to save time
   * @param script the name of the script, with its digest
   * @param kind what parts of the script are going to run: only of those that ran is there compiled code
   */
  constructor(home: string, script: string, kind = "") {
    this.#folder = join(home, "code");
    this.#general = join(this.#folder, `${script}-${process.version}-${process.arch}`);
    this.#file = kind === "" ? this.#general : `${this.#general}-${kind}`;
  }

  /** What is kept, for want of that what is kept for no kind; nothing where it is damaged. */
  read(): Buffer | undefined {
    this.#kept = readKept(this.#file);
    this.#isDue = this.#kept === undefined || !this.#isChecked(this.#kept);
    return (this.#kept ?? readKept(this.#general))?.code;
  }

  /** Whether `keep` is going to look at what V8 has compiled. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /**
   * Keeps what V8 has compiled, unless what was read is hardly worse: the process that kept it may have run less than
   * this one.
   *
   * That nothing can be kept costs time, and nothing else.
   *
   * @param isRefused whether V8 has refused what was read
   */
  keep(compiled: Compiled, isRefused = false): void {
    try {
      if (this.#kept === undefined || isRefused) this.#write(compiled.code());
      else if (this.#isDue) this.#improve(this.#kept, compiled);
    } catch {
      // The folder may be gone, full or not ours.
    }
  }

  /** Whether a process has seen a short while ago that hardly anything is missing. */
  #isChecked({ fullSize }: Kept): boolean {
    const mtime = statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return fullSize > 0 && Date.now() - mtime < anHour;
  }

  #improve(kept: Kept, compiled: Compiled): void {
    const size = compiled.size();
    if (size === undefined) return;
    if (size < kept.fullSize + muchCode) {
      const now = new Date();
      utimesSync(this.#file, now, now);
      return;
    }
    const code = compiled.code();
    if (code.length > kept.code.length * 1.02) this.#write(code);
    else this.#write(kept.code, size);
  }

  #write(code: Buffer, fullSize = 0): void {
    const partial = `${this.#file}.${process.pid}.partial`;
    try {
      mkdirSync(this.#folder, { recursive: true });
      const head = Buffer.alloc(headLength - digestLength);
      head.writeUInt32LE(fullSize);
      const content = Buffer.concat([head, code]);
      writeFileSync(partial, Buffer.concat([digest(content), content]));
      renameSync(partial, this.#file);
      this.#removeOutdated();
    } finally {
      rmSync(partial, { force: true });
    }
  }

  /** Others may still use what another version has kept, so it stays for a while. */
  #removeOutdated(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if (path !== this.#file && Date.now() - statSync(path).mtimeMs > 30 * aDay) rmSync(path, { force: true });
    }
  }
}

function readKept(file: string): Kept | undefined {
  try {
    const bytes = readFileSync(file);
    const isWhole = digest(bytes.subarray(digestLength)).equals(bytes.subarray(0, digestLength));
    return isWhole ? { code: bytes.subarray(headLength), fullSize: bytes.readUInt32LE(digestLength) } : undefined;
  } catch {
    return undefined;
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
