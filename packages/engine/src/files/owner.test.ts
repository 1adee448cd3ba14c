import { type Entry, layerTree } from "@strake/oci";
import { expect, test } from "vitest";
import { findOwner } from "./owner.ts";

function file(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  const content = { from: "bytes", bytes } as const;
  return { path, type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0, content };
}

const tree = layerTree([
  [file("etc/passwd", "node:x:1000:100::/:/bin/sh\n"), file("etc/group", "node:x:100:\nstaff:x:50:\n")],
]);

test("names are looked up in the image, and a number is its own group", () => {
  expect(findOwner(tree, { user: "node" }, "strict")).toEqual({ uid: 1000, gid: 100 });
  expect(findOwner(tree, { user: "node", group: "staff" }, "strict")).toEqual({ uid: 1000, gid: 50 });
  expect(findOwner(tree, { user: "7" }, "strict")).toEqual({ uid: 7, gid: 7 });
});

test("with Docker's rules an unknown user is root, and an unknown group changes nothing", () => {
  expect(findOwner(tree, { user: "nobody" }, "docker")).toEqual({ uid: 0, gid: 0 });
  expect(findOwner(tree, { user: "node", group: "nobody" }, "docker")).toEqual({ uid: 1000, gid: 100 });
  expect(() => findOwner(tree, { user: "nobody" }, "strict")).toThrow('the image has no user "nobody"');
  expect(() => findOwner(tree, { user: "node", group: "nobody" }, "strict")).toThrow('no group "nobody"');
});
