import { readInLowers } from "../sandbox/lowers.ts";
import { resolveUser } from "../sandbox/resolve-user.ts";
import type { SandboxUser } from "../sandbox/sandbox.ts";

/** Finds the numbers of the user of a command by the image's own `/etc/passwd` and `/etc/group`. */
export function userOf(user: string, lowers: readonly string[]): SandboxUser {
  return resolveUser(user, readInLowers(lowers, "etc/passwd"), readInLowers(lowers, "etc/group"));
}
