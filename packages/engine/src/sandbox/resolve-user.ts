import { StrakeError } from "@strake/core";
import type { SandboxUser } from "./sandbox.ts";

/**
 * Finds the numbers of a user as Docker does: `name`, `name:group`, `1000`, `1000:1000`, or nothing for root.
 *
 * A number that `/etc/passwd` does not know has group 0. The groups that `/etc/group` puts the user in count only where
 * no group is named; the first group is among the others, as containerd has it.
 *
 * @param passwd the text of the image's `/etc/passwd`, if it has one
 * @param group the text of its `/etc/group`
 * @throws StrakeError `unknown-user`, `unknown-group`
 */
export function resolveUser(spec: string, passwd: string | undefined, group: string | undefined): SandboxUser {
  const [user = "", groupName] = spec.split(":");
  const users = rows(passwd);
  const groups = rows(group);
  const wanted = user === "" ? "0" : user;
  const row = find(users, wanted);
  if (row === undefined && !/^\d+$/.test(wanted)) throw unknown("user", wanted, "/etc/passwd", users);
  const uid = Number(row?.[2] ?? wanted);
  const home = row?.[5] || "/";
  if (groupName !== undefined && groupName !== "") {
    const gid = resolveGroup(groupName, group);
    return { uid, gid, groups: [gid], home };
  }
  const gid = Number(row?.[3] ?? 0);
  const member =
    row === undefined ? [] : groups.filter(([, , , names = ""]) => names.split(",").includes(row[0] ?? ""));
  return { uid, gid, groups: [gid, ...member.map((fields) => Number(fields[2]))], home };
}

/**
 * Finds the number of a group that is named beside a user's own; a number need not be in `/etc/group`.
 *
 * @param group the text of the image's `/etc/group`, if it has one
 * @throws StrakeError `unknown-group`
 */
export function resolveGroup(name: string, group: string | undefined): number {
  const groups = rows(group);
  const found = find(groups, name)?.[2] ?? name;
  if (!/^\d+$/.test(found)) throw unknown("group", name, "/etc/group", groups);
  return Number(found);
}

/** A number is never taken for a name (runc). */
function find(known: readonly string[][], wanted: string): string[] | undefined {
  const byNumber = /^\d+$/.test(wanted);
  return known.find(([name, , id]) => (byNumber ? Number(id) === Number(wanted) && id !== "" : name === wanted));
}

function rows(text: string | undefined): readonly string[][] {
  return (text ?? "")
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => line.trim().split(":"));
}

function unknown(kind: "user" | "group", name: string, file: string, known: readonly string[][]): StrakeError {
  const names = known.map(([each]) => each).filter((each) => each !== "");
  return new StrakeError({
    code: `unknown-${kind}`,
    message: `the image has no ${kind} "${name}"`,
    notes: [
      names.length === 0
        ? `The image has no ${file}; give the ${kind} as a number.`
        : `${file} has: ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
    ],
  });
}
