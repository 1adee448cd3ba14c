import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isatty } from "node:tty";
import { endWithReader } from "../start/end-with-reader.ts";
import { printRunRecord, type RunRecord, repetitionOf } from "./run-record.ts";
import { textHash } from "./text-hash.ts";

/** A record that nobody has used for so long, in milliseconds, is removed. */
const forgottenAfter = 7 * 86_400_000;

/**
 * A build as a whole process: it does not run again if it has changed nothing the last time and all that it looked
 * at is as it was. What it wrote is written again.
 */
export class RepeatedRun {
  readonly #home: string;
  readonly #folder: string;
  readonly #file: string;

  private constructor(home: string, hash: string) {
    this.#home = home;
    this.#folder = join(home, "repeats");
    this.#file = join(this.#folder, hash);
  }

  /**
   * The build that this process is asked for; undefined where it is another command, or has to run in any case.
   *
   * @param home the folder of the store
   * @param program what tells this program from its other versions
   */
  static of(home: string, program: string): RepeatedRun | undefined {
    const args = process.argv.slice(2);
    if (args[0] !== "build" || args.some(isForOneTime)) return undefined;
    const node = [process.version, process.arch, process.execPath, process.execArgv];
    const terminals = [process.stdout, process.stderr].map((stream) => isatty(stream.fd) && stream.columns);
    const question = [program, node, process.getuid?.(), process.cwd(), args, terminals];
    return new RepeatedRun(home, textHash(JSON.stringify(question)));
  }

  /** Writes again what the command wrote the last time. */
  repeat(): boolean {
    const found = this.#read();
    if (found === undefined) return false;
    for (const path of [...found.used, this.#file]) noteUse(path);
    endWithReader(process.stdout);
    endWithReader(process.stderr);
    for (const [to, text] of found.output) (to === 1 ? process.stdout : process.stderr).write(text);
    return true;
  }

  /** Keeps what a command did, where there is a store; that it cannot be kept costs time, and nothing else. */
  keep(record: RunRecord): void {
    if (statSync(this.#home, { throwIfNoEntry: false }) === undefined) return;
    const partial = `${this.#file}.${process.pid}.partial`;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(partial, printRunRecord(record));
      renameSync(partial, this.#file);
      this.#removeForgotten();
    } catch {
      if (existsSync(partial)) rmSync(partial);
    }
  }

  #read() {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#file);
    } catch {
      return undefined;
    }
    return repetitionOf(bytes);
  }

  #removeForgotten(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found !== undefined && Date.now() - found.mtimeMs > forgottenAfter) rmSync(path, { force: true });
    }
  }
}

/**
 * Whoever says that nothing kept is to be used means this too; what has times in it is never the same; and of secrets
 * nothing is kept, not even a hash.
 */
function isForOneTime(arg: string): boolean {
  return /^--(no-cache|cache-|pull|secret)|^(.*=)?(raw)?json$/.test(arg);
}

/** A store that is not ours to write has nobody who prunes it by age. */
function noteUse(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {}
}
