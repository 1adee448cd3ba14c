import { readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FileStamp, isSettled, type Look, stampFrom, stampOf } from "./file-stamp.ts";
import type { Output, RunRecord } from "./run-record.ts";
import { isSelfContained } from "./self-contained.ts";

/** Where a process looks to find what it is called, beside its number: that is for leases, and another every time. */
const ownName = `/proc/${process.pid}/stat`;

/** Variables that Node itself asks for, to find folders and to tell the time. */
const ofNode = ["HOME", "NODE_OPTIONS", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE"];

/** The longest output that is remembered, in characters. */
const longestOutput = 256 * 1024;

/** Looks of which the times count. */
const timed: ReadonlySet<Look> = new Set(["file", "link", "listing"]);

/**
 * Watches what a command looks at and what it changes, to find whether it would do the same again.
 *
 * It does when it has changed nothing and everything it looked at is a file. Whatever else it does has to be told with
 * `refuse`.
 */
export class RunWatch {
  readonly #began = Date.now();
  readonly #home: string;
  readonly #leases: string;
  readonly #looks = new Map<string, { readonly look: Look; readonly path: string; readonly stamp: FileStamp }>();
  readonly #used = new Set<string>();
  readonly #variables = new Set(ofNode);
  readonly #output: Output[] = [];
  #outputLength = 0;
  #refusal: string | undefined;

  /** @param home the folder of the store */
  constructor(home: string) {
    this.#home = `${home}/`;
    this.#leases = join(home, "leases");
  }

  /** Why the command cannot be remembered, as far as that is known. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Takes in that the command does something whose result no file tells, or changes something. */
  refuse(reason: string): void {
    this.#refusal ??= reason;
    this.#looks.clear();
  }

  /** Takes in that the command is going to look at a path. The first look counts: a later change shows. */
  look(look: Look, path: unknown, found?: Stats | "nothing"): void {
    if (this.#refusal !== undefined || path === ownName) return;
    if (typeof path !== "string") {
      this.refuse("a path that is no text");
      return;
    }
    const key = look + path;
    if (this.#looks.has(key)) return;
    const precisely = look === "file" ? whatIsReadAt(path) : look;
    const stamp =
      found === undefined ? stampOf(precisely, path) : stampFrom(look, found === "nothing" ? undefined : found);
    if (stamp === undefined) this.refuse(`${path} cannot be looked at`);
    else this.#looks.set(key, { look: precisely, path, stamp });
  }

  /** Takes in that the command asks for a variable of the environment. */
  ask(variable: string): void {
    this.#variables.add(variable);
  }

  /** Takes in that the command says of a file that it was used. */
  use(path: unknown): void {
    if (typeof path === "string" && path.startsWith(this.#home)) this.#used.add(path);
    else this.refuse(`the times of ${path} are changed`);
  }

  /** Takes in that the command changes something at a path; that it uses the store, it may say. */
  change(path: unknown): void {
    if (typeof path === "string" && path.startsWith(this.#leases)) return;
    this.refuse(`${path} is changed`);
  }

  /** Takes in that the command runs a module that is not part of the program. */
  import(specifier: string, library: string): void {
    if (specifier === library) return;
    // What the bundle was made of has been looked at to find that it is fresh.
    const isBundle = specifier.startsWith("file:") && fileURLToPath(specifier).startsWith(this.#home);
    const code = isBundle ? readFileSync(fileURLToPath(specifier), "utf8") : undefined;
    // The first line is ours.
    const own = code?.slice(code.indexOf("\n") + 1);
    if (own === undefined || !isSelfContained(own, [library])) this.refuse(`${specifier} may do what it likes`);
  }

  /** Takes in what the command writes to standard output or standard error. */
  write(to: 1 | 2, chunk: string | Uint8Array): void {
    if (this.#refusal !== undefined) return;
    this.#outputLength += chunk.length;
    if (typeof chunk !== "string") this.refuse("the output is no text");
    else if (this.#outputLength > longestOutput) this.refuse("the output is long");
    else this.#output.push([to, chunk]);
  }

  /** What is to be remembered of the command that has ended well; undefined where it cannot be. */
  record(): RunRecord | undefined {
    if (this.#refusal !== undefined) return undefined;
    const looks = [...this.#looks.values()].map((each) => {
      return timed.has(each.look) && this.#used.has(each.path) ? ({ ...each, look: "kept" } as const) : each;
    });
    const unsettled = looks.find(({ look, stamp }) => timed.has(look) && !isSettled(stamp, this.#began));
    if (unsettled !== undefined) this.refuse(`${unsettled.path} was changed just now`);
    return unsettled !== undefined
      ? undefined
      : { output: this.#output, variables: [...this.#variables], used: [...this.#used], looks };
  }
}

/** What the kernel says of itself has the time at which it is asked, and a folder the time of what is done in it. */
function whatIsReadAt(path: string): Look {
  if (/^\/(proc|sys)\//.test(path)) return "content";
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? "folder" : "file";
  } catch {
    return "file";
  }
}
