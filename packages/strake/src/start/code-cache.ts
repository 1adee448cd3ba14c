import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const digestLength = 32;
const aDay = 86_400_000;

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
  #isKept = false;

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
    const code = readCode(this.#file);
    this.#isKept = code !== undefined;
    return code ?? readCode(this.#general);
  }

  /** Whether what was read had been kept for this kind. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Keeps what V8 has compiled; that it cannot be kept costs time, and nothing else. */
  write(code: Buffer): void {
    const partial = `${this.#file}.${process.pid}.partial`;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(partial, Buffer.concat([digest(code), code]));
      renameSync(partial, this.#file);
      this.#removeOutdated();
    } catch {
      if (existsSync(partial)) rmSync(partial);
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

function readCode(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const code = bytes.subarray(digestLength);
    return digest(code).equals(bytes.subarray(0, digestLength)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
