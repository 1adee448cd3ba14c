import type { Digest, Entry } from "@strake/oci";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ContentManifest,
  contentManifest,
  diffManifests,
  type ManifestEntry,
  manifestDigest,
} from "./content-manifest.ts";

const digestA: Digest = `sha256:${"a".repeat(64)}`;
const digestB: Digest = `sha256:${"b".repeat(64)}`;
const file: ManifestEntry = { path: "a", type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, digest: digestA };

function manifest(...entries: ManifestEntry[]): ContentManifest {
  return { entries };
}

describe("a manifest", () => {
  const entries: Entry[] = [
    { path: "b", type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 5 },
    { path: "a", type: "directory", mode: 0o755, uid: 1, gid: 2, size: 0, mtime: 6 },
    { path: "a/l", type: "symlink", mode: 0o777, uid: 0, gid: 0, size: 0, mtime: 7, linkname: "../b" },
  ];

  test("lists entries in tree order with digests and without times", () => {
    expect(contentManifest(entries, new Map([["b", digestA]]))).toEqual({
      entries: [
        { path: "a", type: "directory", mode: 0o755, uid: 1, gid: 2 },
        { path: "a/l", type: "symlink", mode: 0o777, uid: 0, gid: 0, linkname: "../b" },
        { path: "b", type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, digest: digestA },
      ],
    });
  });

  test("has a digest that is the same on every machine", () => {
    expect(manifestDigest(contentManifest(entries, new Map([["b", digestA]])))).toMatchInlineSnapshot(
      `"sha256:c0d66eff66338b5aa2aaaa3249fd8e097ea206de481a826ada03cbc493df6b52"`,
    );
    expect(manifestDigest(manifest())).toMatchInlineSnapshot(
      `"sha256:9b29eb4775253d8f2858acffd17118cec8592fa9aea3adeb9d09bf77e0b13bfc"`,
    );
  });

  test.each<[string, Partial<ManifestEntry>]>([
    ["path", { path: "b" }],
    ["type", { type: "fifo" }],
    ["mode", { mode: 0o755 }],
    ["user", { uid: 1 }],
    ["group", { gid: 1 }],
    ["size", { size: 2 }],
    ["digest", { digest: digestB }],
    ["target", { linkname: "x" }],
    ["device", { device: { major: 1, minor: 3 } }],
    ["attribute", { xattrs: { "user.a": "" } }],
  ])("has another digest with another %s", (_name, change) => {
    expect(manifestDigest(manifest({ ...file, ...change }))).not.toBe(manifestDigest(manifest(file)));
  });
});

describe("two manifests", () => {
  test("of the same files have no difference", () => {
    expect(diffManifests(manifest(file), manifest({ ...file }))).toEqual([]);
  });

  test("differ by files that were added and removed, in tree order", () => {
    const other = { ...file, path: "b/c" };
    expect(diffManifests(manifest(file), manifest(other))).toEqual([
      { kind: "removed", path: "a", before: file },
      { kind: "added", path: "b/c", after: other },
    ]);
  });

  test.each<[string, Partial<ManifestEntry>]>([
    ["content", { digest: digestB }],
    ["content", { linkname: "x" }],
    ["content", { device: { major: 1, minor: 3 } }],
    ["mode", { mode: 0o600 }],
    ["owner", { gid: 5 }],
    ["type", { type: "symlink" }],
    ["attributes", { xattrs: { "user.a": "" } }],
  ])("differ by %s", (kind, change) => {
    const after = { ...file, ...change };
    expect(diffManifests(manifest(file), manifest(after))).toEqual([{ kind, path: "a", before: file, after }]);
  });

  test("differ in several ways at once", () => {
    const after = { ...file, mode: 0o600, uid: 7, digest: digestB };
    const kinds = diffManifests(manifest(file), manifest(after)).map((change) => change.kind);
    expect(kinds).toEqual(["content", "mode", "owner"]);
  });

  test("have a difference exactly when their digests differ", () => {
    const entry = fc.record({
      path: fc.constantFrom("a", "b", "c"),
      type: fc.constant("file" as const),
      mode: fc.constantFrom(0o644, 0o755),
      uid: fc.nat(1),
      gid: fc.constant(0),
      size: fc.constant(1),
      digest: fc.constantFrom(digestA, digestB),
    });
    const entries = fc.uniqueArray(entry, { selector: (each) => each.path });
    fc.assert(
      fc.property(entries, entries, (left, right) => {
        const before = contentManifest(left.map((each) => ({ ...each, mtime: 0 })));
        const after = contentManifest(right.map((each) => ({ ...each, mtime: 1 })));
        expect(diffManifests(before, after).length === 0).toBe(manifestDigest(before) === manifestDigest(after));
      }),
    );
  });
});
