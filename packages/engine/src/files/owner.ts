import { type Owner, type Rules, StrakeError } from "@strake/core";
import { contentBytes, type FileTree, resolvePath } from "@strake/oci";
import type { Ownership } from "./layer-builder.ts";

/**
 * Finds the numbers of an owner, by the image's own `/etc/passwd` and `/etc/group`.
 *
 * A user without a group has the user's primary group; a number that no line knows is its own group, as Docker has it.
 * With Docker's rules an unknown user is root, and an unknown group changes nothing.
 *
 * @throws StrakeError `unknown-user` or `unknown-group`, with strict rules
 */
export function findOwner(tree: FileTree, owner: Owner, rules: Rules): Ownership {
  const user = findUser(tree, owner.user, rules);
  if (owner.group === undefined) return user;
  return { uid: user.uid, gid: findGroup(tree, owner.group, rules) ?? user.gid };
}

function findUser(tree: FileTree, user: string, rules: Rules): Ownership {
  if (/^\d+$/.test(user)) return { uid: Number(user), gid: Number(user) };
  const line = linesOf(tree, "etc/passwd").find((fields) => fields[0] === user);
  if (line !== undefined) return { uid: Number(line[2]), gid: Number(line[3]) };
  if (rules === "docker") return { uid: 0, gid: 0 };
  throw unknown("user", user, "/etc/passwd", linesOf(tree, "etc/passwd"));
}

function findGroup(tree: FileTree, group: string, rules: Rules): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  if (group === "") return 0;
  const line = linesOf(tree, "etc/group").find((fields) => fields[0] === group);
  if (line !== undefined) return Number(line[2]);
  if (rules === "docker") return undefined;
  throw unknown("group", group, "/etc/group", linesOf(tree, "etc/group"));
}

function linesOf(tree: FileTree, path: string): readonly string[][] {
  const { entry } = resolvePath(tree, path, { followLast: true });
  if (entry?.type !== "file") return [];
  const text = new TextDecoder().decode(contentBytes(entry));
  return text.split("\n").map((line) => line.split(":"));
}

function unknown(kind: "user" | "group", name: string, file: string, lines: readonly string[][]): StrakeError {
  const known = lines.map((fields) => fields[0]).filter((field) => field !== undefined && field !== "");
  const notes =
    known.length === 0
      ? [`The image has no ${file}; give the owner as a number.`]
      : [`${file} has: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}`];
  return new StrakeError({ code: `unknown-${kind}`, message: `the image has no ${kind} "${name}"`, notes });
}
