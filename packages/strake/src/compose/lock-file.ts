import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CallSite, StrakeError } from "@strake/core";
import { writeAtomically } from "@strake/engine";
import { type Digest, isDigest } from "@strake/oci";

/** The digests that the names of images are pinned to: `name platform` → digest of the platform's manifest. */
export type Pins = ReadonlyMap<string, Digest>;

/** The lockfile of a build file: `strake.lock` beside it. */
export function lockFileOf(buildFile: string): string {
  return join(dirname(buildFile), "strake.lock");
}

const heading =
  "# Written by strake: what the names of base images stood for. Commit it; `strake update` looks again.\n";
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
    const site = { file, line: at + 1, column: 1 };
    if (found === null || !isDigest(found[2])) throw notPin(content, site);
    const [, name = "", digest] = found;
    const before = pins.get(name);
    if (before !== undefined && before !== digest) throw pinnedTwice(name, site);
    pins.set(name, digest);
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

function notPin(content: string, site: CallSite): StrakeError {
  const merge = /^(<{7}|={7}|>{7}|\|{7})/.test(content);
  return new StrakeError({
    code: "invalid-lockfile",
    message: merge
      ? "a merge has left its marks in the lockfile"
      : `"${content}" is not a pin; a line is "name platform: sha256:…"`,
    notes: merge
      ? ["Keep the pins of one side and remove the marks; strake update looks the names up again."]
      : ["Mend or remove the line; strake update looks the name up again."],
    site,
  });
}

/** Git can be told to keep both sides of a conflict; which one counts is for a person to say. */
function pinnedTwice(name: string, site: CallSite): StrakeError {
  return new StrakeError({
    code: "invalid-lockfile",
    message: `${name} is pinned a second time, and to another digest`,
    notes: ["Remove one of the lines; strake update looks the name up again."],
    site,
  });
}
