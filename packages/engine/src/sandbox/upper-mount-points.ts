import { lstatSync, rmdirSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { systemCalls } from "../kernel/system-calls.ts";
import { findInLowers } from "./lowers.ts";

/** A path of an upper folder that a sandbox will make only to mount something at it. */
interface MadeForMount {
  readonly path: string;
  /** The upper folder said that the layers' own is removed. */
  readonly whiteout: boolean;
}

/**
 * Takes mount points out of an upper folder again that has content which hides those below.
 *
 * A command that runs a second time on its upper folder may have removed the place, or a folder around it, the first
 * time.
 *
 * @param below the folders below the upper one, with the mount points that were made for it
 * @param targets with symlinks followed, absolute
 * @returns what to call when nothing is mounted any more
 */
export function keepMountPointsOut(upper: string, below: readonly string[], targets: readonly string[]): () => void {
  const made: MadeForMount[] = [];
  for (const target of targets) {
    const parts = target.split("/").filter((part) => part !== "");
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (made.some((each) => each.path === path)) continue;
      if (findInLowers([...below, upper], path).kind === "missing")
        made.push({ path, whiteout: isWhiteout(upper, path) });
    }
  }
  return () => {
    for (const each of made.reverse()) takeOut(upper, each);
  };
}

function isWhiteout(upper: string, path: string): boolean {
  const stat = statOf(join(upper, path));
  return stat?.isCharacterDevice() === true && stat.rdev === 0;
}

/** What the command has put there by other ways stays. */
function takeOut(upper: string, { path, whiteout }: MadeForMount): void {
  const file = join(upper, path);
  const stat = statOf(file);
  if (stat?.isDirectory()) {
    try {
      rmdirSync(file);
    } catch {
      return;
    }
  } else if (stat?.isFile() && stat.size === 0) {
    rmSync(file);
  } else return;
  if (whiteout) systemCalls().makeNode(file, 0o020000, { major: 0, minor: 0 });
}

function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch {
    // Below a whiteout there is nothing, which is another error than that nothing is there.
    return undefined;
  }
}
