import { readInLowers } from "../sandbox/lowers.ts";
import { resolveGroup, resolveUser } from "../sandbox/resolve-user.ts";
import type { SandboxUser } from "../sandbox/sandbox.ts";

/**
 * Finds the numbers of the user of a command by the image's own `/etc/passwd` and `/etc/group`.
 *
 * @param groups names or numbers of groups that it is to be in besides
 */
export function userOf(user: string, lowers: readonly string[], groups: readonly string[] = []): SandboxUser {
  const group = readInLowers(lowers, "etc/group");
  const found = resolveUser(user, readInLowers(lowers, "etc/passwd"), group);
  const more = groups.map((name) => resolveGroup(name, group));
  return more.length === 0 ? found : { ...found, groups: [...new Set([...found.groups, ...more])] };
}
