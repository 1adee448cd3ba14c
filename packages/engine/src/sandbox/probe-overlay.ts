import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { programPath } from "./find-program.ts";
import { quote } from "./shell-words.ts";
import { findUserNamespace, insideUserNamespace, needsUserNamespace } from "./user-namespace.ts";

/**
 * Tries to lay folders over one another, in a mount namespace of its own.
 *
 * @param folder an empty one, on the file system that is tried
 * @returns why it cannot be done, or undefined
 */
export function probeOverlay(folder: string): string | undefined {
  for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(folder, name));
  const user = needsUserNamespace() || insideUserNamespace() ? ",userxattr" : "";
  const script = `cd ${quote(folder)} && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work${user} merged`;
  const [program = "", ...args] = [...namespace(), "sh", "-c", script];
  const { error, status, stderr } = spawnSync(program, args, { env: { PATH: programPath }, encoding: "utf8" });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim() || `mount ended with ${status}`);
}

function namespace(): readonly string[] {
  const mounts = ["unshare", "--mount", "--propagation", "private"];
  if (!needsUserNamespace()) return mounts;
  const found = findUserNamespace();
  return "refusal" in found ? mounts : found.command;
}
