import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { StrakeError } from "@strake/core";
import { writeAtomically } from "@strake/engine";
import { type Digest, isDigest } from "@strake/oci";

/** The digests that the names of images are pinned to: `name platform` → digest of the platform's manifest. */
export type Pins = ReadonlyMap<string, Digest>;

/** The lockfile of a build file: `strake.lock` beside it. */
export function lockFileOf(buildFile: string): string {
  return join(dirname(buildFile), "strake.lock");
}

const heading = "# Written by strake: what the names of base images stood for. Commit it; `--pull` looks again.\n";
const line = /^(\S+ \S+): (\S+)$/;

/**
 * Reads a lockfile; one that is not there pins nothing.
 *
 * It is YAML of one form only, a line for each name and platform, so that two branches merge line by line.
 *
 * @throws StrakeError `invalid-lockfile`, with the line
 */
export function readLockFile(file: string): Pins {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
  const pins = new Map<string, Digest>();
  text.split(/\r?\n/).forEach((content, at) => {
    if (content === "" || content.startsWith("#")) return;
    const found = line.exec(content);
    if (found === null || !isDigest(found[2])) {
      throw new StrakeError({
        code: "invalid-lockfile",
        message: `"${content}" is not a pin; a line is "name platform: sha256:…"`,
        notes: /^[<>=|]{7}/.test(content) ? ["A merge has left its marks here; keep one side."] : [],
        site: { file, line: at + 1, column: 1 },
      });
    }
    pins.set(found[1] as string, found[2]);
  });
  return pins;
}

/** Writes a lockfile, sorted by name, unless it says the same already. */
export function writeLockFile(file: string, pins: Pins): void {
  const before = readLockFile(file);
  const same = before.size === pins.size && [...pins].every(([name, digest]) => before.get(name) === digest);
  if (same) return;
  const lines = [...pins]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, digest]) => `${name}: ${digest}\n`);
  writeAtomically(file, heading + lines.join(""));
}
