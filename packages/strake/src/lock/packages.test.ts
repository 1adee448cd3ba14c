import type { Image } from "@strake/oci";
import { layerFromEntries } from "@strake/oci";
import { expect, test } from "vitest";
import { InstalledPackages } from "./installed-packages.ts";
import { packageChanges, parseApkInstalled, parseDpkgStatus } from "./parse-packages.ts";

const dpkg = (packages: Record<string, string>, status = "install ok installed") =>
  Object.entries(packages)
    .map(([name, version]) => `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\n`)
    .join("\n");

/** An image of layers that have some files each. */
function imageOf(...layers: Record<string, string>[]): Image {
  const made = layers.map((files) => {
    const entries = Object.entries(files).map(([path, text]) => {
      const bytes = Buffer.from(text);
      const content = { from: "bytes", bytes } as const;
      return { path, type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0, content } as const;
    });
    return layerFromEntries(entries, { compression: "gzip" });
  });
  const descriptors = async () => ({
    layers: await Promise.all(made.map(async (layer) => ({ digest: await layer.digest() }))),
  });
  return { layers: async () => made, manifest: descriptors } as unknown as Image;
}

test("dpkg's list has what is installed, with its fields in any order", () => {
  const text = `Package: bash
Essential: yes
Status: install ok installed
Version: 5.2.15-2
Description: shell
 Version: not this one
.
Package: nothing

Version: 2:1.0
Package: vim
Status: install ok installed

Package: gone
Status: deinstall ok config-files
Version: 1

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36
`;
  expect([...parseDpkgStatus(text)]).toEqual([
    ["bash", "5.2.15-2"],
    ["vim", "2:1.0"],
    ["libc6", "2.36"],
    ["libc6:i386", "2.36"],
  ]);
});

test("apk's list has a package in each paragraph", () => {
  expect([...parseApkInstalled("C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.37\nF:bin\nR:x\n\n")]).toEqual([
    ["musl", "1.2.5-r0"],
    ["busybox", "1.37"],
  ]);
});

test("packages are added, removed and changed", () => {
  const before = new Map([
    ["same", "1"],
    ["changed", "1"],
    ["gone", "1"],
  ]);
  const after = new Map([
    ["new", "1"],
    ["same", "1"],
    ["changed", "2"],
  ]);
  expect(packageChanges(before, after)).toEqual([
    { name: "changed", before: "1", after: "2" },
    { name: "gone", before: "1", after: undefined },
    { name: "new", before: undefined, after: "1" },
  ]);
});

test("the uppermost list of an image counts, and one that was removed does not", async () => {
  const packages = new InstalledPackages();
  const status = "var/lib/dpkg/status";
  const image = imageOf({ [status]: dpkg({ a: "1", b: "1" }) }, { [status]: dpkg({ a: "2" }) }, { "etc/x": "x" });
  expect([...((await packages.of(image)).packages ?? [])]).toEqual([["a", "2"]]);
  const hidden = imageOf({ "lib/apk/db/installed": "P:a\nV:1\n\n" }, { "lib/apk/.wh.db": "" });
  expect(await packages.of(hidden)).toEqual({});
  expect(await packages.of(imageOf({ "etc/x": "x" }))).toEqual({});
  const apk = imageOf({ "lib/apk/db/installed": "P:a\nV:1\n\n" });
  expect([...((await packages.of(apk)).packages ?? [])]).toEqual([["a", "1"]]);
});

test("images without dpkg's list may have one file for each package", async () => {
  const folder = "var/lib/dpkg/status.d";
  const one = "Package: base-files\nVersion: 12\n";
  const image = imageOf(
    { [`${folder}/base`]: one, [`${folder}/base.md5sums`]: "Package: not\nVersion: 1\n" },
    { [`${folder}/tzdata`]: "Package: tzdata\nVersion: 2024a\n" },
  );
  expect(Object.fromEntries((await new InstalledPackages().of(image)).packages ?? [])).toEqual({
    "base-files": "12",
    tzdata: "2024a",
  });
});
