import { type FileStamp, type Look, sameStamp, stampLength, stampOf } from "./file-stamp.ts";
import { textHash } from "./text-hash.ts";

/** Text that a command wrote to standard output (1) or to standard error (2). */
export type Output = readonly [1 | 2, string];

/** A command that changed nothing: what it looked at, what it wrote, and the files of the store that it used. */
export interface RunRecord {
  readonly output: readonly Output[];
  /** The names of the environment's variables that it asked for. */
  readonly variables: readonly string[];
  /** Files whose age counts from their last use. */
  readonly used: readonly string[];
  readonly looks: readonly { readonly look: Look; readonly path: string; readonly stamp: FileStamp }[];
}

/** What a file holds before the paths and the stamps. */
interface Head extends Omit<RunRecord, "looks"> {
  /** A hash of the variables' values, which may be secrets. */
  readonly values: string;
  /** One letter for each path. */
  readonly looks: string;
}

const letterOf: Readonly<Record<Look, string>> = {
  file: "f",
  link: "l",
  listing: "d",
  folder: "o",
  kept: "k",
  presence: "p",
  content: "c",
  target: "t",
};
const lookOf: ReadonlyMap<string, Look> = new Map(
  Object.entries(letterOf).map(([look, letter]) => [letter, look as Look]),
);

const lengths = 8;

/** Prints a record: two lengths, then the head as JSON, then the paths, each ended by a NUL, then the stamps as doubles. */
export function printRunRecord({ looks, ...rest }: RunRecord): Buffer {
  const letters = looks.map(({ look }) => letterOf[look]).join("");
  const head: Head = { ...rest, values: valuesOf(rest.variables), looks: letters };
  const headBytes = Buffer.from(JSON.stringify(head));
  const paths = Buffer.from(looks.map(({ path }) => `${path}\0`).join(""));
  const stamps = new Float64Array(looks.length * stampLength);
  looks.forEach(({ stamp }, at) => {
    stamps.set(stamp, at * stampLength);
  });
  const start = Buffer.alloc(lengths);
  start.writeUInt32LE(headBytes.length, 0);
  start.writeUInt32LE(paths.length, 4);
  return Buffer.concat([start, headBytes, paths, Buffer.from(stamps.buffer)]);
}

/** What a command that need not run again writes, and the files that it uses. */
export type Repetition = Pick<RunRecord, "output" | "used">;

/**
 * Reads a record, and looks again at everything that the command had looked at.
 *
 * @returns undefined where something is not as it was, or the record is damaged
 */
export function repetitionOf(bytes: Buffer): Repetition | undefined {
  try {
    const headEnd = lengths + bytes.readUInt32LE(0);
    const pathsEnd = headEnd + bytes.readUInt32LE(4);
    const head = JSON.parse(bytes.toString("utf8", lengths, headEnd)) as Head;
    if (head.values !== valuesOf(head.variables)) return undefined;
    const paths = bytes.toString("utf8", headEnd, pathsEnd).split("\0");
    const stamps = new Float64Array(Uint8Array.from(bytes.subarray(pathsEnd)).buffer);
    if (stamps.length !== head.looks.length * stampLength || paths.length !== head.looks.length + 1) return undefined;
    for (let at = 0; at < head.looks.length; at++) {
      const look = lookOf.get(head.looks[at] as string) as Look;
      const now = stampOf(look, paths[at] as string);
      const before = stamps.subarray(at * stampLength, (at + 1) * stampLength);
      if (now === undefined || !sameStamp(look, before, now)) return undefined;
    }
    return head;
  } catch {
    // Damaged, or cut off.
    return undefined;
  }
}

function valuesOf(variables: readonly string[]): string {
  return textHash(JSON.stringify(variables.map((name) => process.env[name] ?? null)));
}
