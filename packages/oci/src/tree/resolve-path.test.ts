import { expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { layerTree } from "./layer-tree.ts";
import { resolvePath } from "./resolve-path.ts";

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 } as const;
const file = (path: string): Entry => ({ path, type: "file", ...base });
const symlink = (path: string, linkname: string): Entry => ({ path, type: "symlink", ...base, linkname });

const tree = layerTree([
  [
    file("usr/bin/sh"),
    symlink("bin", "usr/bin"),
    symlink("usr/bin/bash", "sh"),
    symlink("etc/alternatives/sh", "/bin/bash"),
    symlink("up", "../../../usr"),
    symlink("dangling", "var/nothing"),
    symlink("loop", "loop"),
    symlink("long", "x".repeat(5000)),
    ...Array.from({ length: 41 }, (_, index) => symlink(`chain${index}`, index === 0 ? "usr" : `chain${index - 1}`)),
  ],
]);

it.each([
  ["", "", "directory"],
  ["/", "", "directory"],
  ["usr/bin/sh", "usr/bin/sh", "file"],
  ["/usr//./bin/", "usr/bin", "directory"],
  ["bin/sh", "usr/bin/sh", "file"],
  ["bin/bash", "usr/bin/sh", "file"],
  ["etc/alternatives/sh", "usr/bin/sh", "file"],
  ["bin/../lib", "usr/lib", undefined],
  ["../../usr/./bin", "usr/bin", "directory"],
  ["up/bin", "usr/bin", "directory"],
  ["dangling", "var/nothing", undefined],
  ["dangling/a/b", "var/nothing/a/b", undefined],
  ["new/../usr", "usr", "directory"],
  ["bin/sh/below", "usr/bin/sh/below", undefined],
  ["chain39", "usr", "directory"],
])("%j leads to %j", (path, expected, type) => {
  const resolved = resolvePath(tree, path, { followLast: true });
  expect([resolved.path, resolved.entry?.type]).toEqual([expected, type]);
});

it("stops at a symlink that is the path itself, on demand", () => {
  const resolved = resolvePath(tree, "bin/bash", { followLast: false });
  expect(resolved).toEqual({ path: "usr/bin/bash", entry: symlink("usr/bin/bash", "sh") });
});

it.each(["loop", "loop/x", "chain40"])("gives up on %s after forty symlinks", (path) => {
  expect(() => resolvePath(tree, path, { followLast: true })).toThrowError(`"${path}" leads through too many symlinks`);
});

it("refuses a target longer than any system takes", () => {
  expect(() => resolvePath(tree, "long", { followLast: true })).toThrowError("more than 4096 characters");
});
