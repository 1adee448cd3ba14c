import { join } from "node:path";
import { digestOf } from "@strake/core";
import { readIfPresent, writeAtomically } from "@strake/engine";

/** Which builder of a fleet has built which image of a build file, the last time: its cache has most of the steps. */
export function readBuiltBefore(home: string, buildFile: string): ReadonlyMap<string, string> {
  try {
    return new Map(Object.entries(JSON.parse(readIfPresent(fileOf(home, buildFile)) ?? "{}") as object));
  } catch {
    // Nothing but time hangs on it.
    return new Map();
  }
}

/** Keeps who has built what, besides what is known of other images of the build file. */
export function writeBuiltBefore(home: string, buildFile: string, built: ReadonlyMap<string, readonly string[]>): void {
  const known = new Map(readBuiltBefore(home, buildFile));
  for (const [builder, titles] of built) for (const title of titles) known.set(title, builder);
  const text = JSON.stringify(Object.fromEntries([...known].sort(([left], [right]) => (left < right ? -1 : 1))));
  const file = fileOf(home, buildFile);
  if (known.size > 0 && readIfPresent(file) !== text) writeAtomically(file, text);
}

function fileOf(home: string, buildFile: string): string {
  return join(home, "builds", `${digestOf(["builders", buildFile]).slice("sha256:".length, 40)}.json`);
}
