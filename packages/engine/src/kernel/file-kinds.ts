/** The kinds of files in a mode (inode(7)). */
export const fileKind = {
  mask: 0o170000,
  socket: 0o140000,
  symlink: 0o120000,
  file: 0o100000,
  block: 0o060000,
  directory: 0o040000,
  character: 0o020000,
  fifo: 0o010000,
} as const;

/** The file system's own marks are `trusted.` ones, or `user.` ones inside a user namespace. */
export type MarkSpace = "trusted" | "user";

/** The name of the mark of a folder that hides what the layers below have in it. */
export function opaqueMark(space: MarkSpace): string {
  return `${space}.overlay.opaque`;
}

/** Whether an attribute is the file system's own, in either space. */
export function isMark(name: string): boolean {
  return /^(trusted|user)\.overlay\./.test(name);
}
