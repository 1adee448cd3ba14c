import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./store-home.ts";

/**
 * Finds the folder of what only saves time and belongs to no store: `strake` in `$XDG_CACHE_HOME`, else in `~/.cache`.
 *
 * A relative `$XDG_CACHE_HOME` is not valid and counts as unset (XDG Base Directory Specification).
 */
export function cacheHome(variables: Environment): string {
  const shared = variables.XDG_CACHE_HOME;
  const folder = join(shared?.startsWith("/") ? shared : join(homedir(), ".cache"), "strake");
  // Below /proc Node tries without end to make a folder; below a device it fails at once, and nothing is kept.
  return folder.startsWith("/proc/") ? join("/dev/null", "strake") : folder;
}
