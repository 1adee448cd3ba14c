import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Redaction } from "./redaction.ts";

/** How much of a command's output is kept on disk, in bytes. */
const keptBytes = 64 << 20;

/** How much of a command's output is passed on to the screen, in bytes; BuildKit's limit. */
const shownBytes = 2 << 20;

const keptLines = 10;
const longestLine = 2000;

/** What a command prints: passed on as it comes, and kept in a file for when the command fails. */
export class CommandLog {
  readonly path: string;
  readonly #show: (text: string) => void;
  readonly #redaction: Redaction;
  readonly #decoder = new TextDecoder();
  #file: number | undefined;
  #kept = 0;
  #diskFull = false;
  #shown = 0;
  #lines: string[] = [""];

  /**
   * @param secrets values that are replaced wherever they are printed
   * @param show gets the text
   */
  constructor(path: string, secrets: Iterable<Uint8Array>, show: (text: string) => void) {
    this.path = path;
    this.#show = show;
    this.#redaction = new Redaction(secrets);
  }

  write(chunk: Uint8Array): void {
    this.#take(this.#redaction.push(chunk));
  }

  /** Ends the log; the file of a command that did what it should is removed. */
  end(outcome: "done" | "failed"): void {
    this.#take(this.#redaction.end());
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    if (outcome === "done" && this.#kept > 0) rmSync(this.path, { force: true });
  }

  /** The last lines that are not empty. */
  get lastLines(): readonly string[] {
    return this.#lines.filter((line) => line.trim() !== "").slice(-keptLines);
  }

  /** Whether anything was printed. */
  get isEmpty(): boolean {
    return this.#kept === 0;
  }

  #take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#keep(bytes);
    const text = this.#decoder.decode(bytes, { stream: true });
    const lines = ((this.#lines.at(-1) ?? "") + text).split("\n").map((line) => line.slice(0, longestLine));
    this.#lines = [...this.#lines.slice(0, -1), ...lines].slice(-3 * keptLines);
    if (this.#shown > shownBytes) return;
    this.#shown += bytes.length;
    this.#show(this.#shown > shownBytes ? `\n[output clipped after 2 MiB; all of it is in ${this.path}]\n` : text);
  }

  #keep(bytes: Buffer): void {
    const room = this.#diskFull ? 0 : Math.max(0, keptBytes - this.#kept);
    this.#kept += bytes.length;
    if (room === 0) return;
    try {
      if (this.#file === undefined) {
        mkdirSync(dirname(this.path), { recursive: true });
        this.#file = openSync(this.path, "w", 0o600);
      }
      writeSync(this.#file, bytes.subarray(0, room));
    } catch (error) {
      // What a command says when it has filled the disk is shown, and matters more than that it is kept.
      if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      this.#diskFull = true;
    }
  }
}
