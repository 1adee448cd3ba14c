import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the folder of the store: `$STRAKE_HOME`, else `strake` in `$XDG_DATA_HOME`, else in `~/.local/share`.
 *
 * A relative `$XDG_DATA_HOME` is not valid and counts as unset (XDG Base Directory Specification); `$STRAKE_HOME` is
 * relative to the working folder.
 */
export function storeHome(variables: Environment): string {
  if (variables.STRAKE_HOME) return resolve(variables.STRAKE_HOME);
  const shared = variables.XDG_DATA_HOME;
  return join(shared?.startsWith("/") ? shared : join(homedir(), ".local", "share"), "strake");
}
