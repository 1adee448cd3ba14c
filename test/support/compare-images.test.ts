import { describe, expect, it } from "vitest";
import { compareConfigs, compareFiles } from "./compare-images.ts";
import type { ImageConfigDocument } from "./image-files.ts";
import type { TreeFile } from "./walk-files.ts";

const file: TreeFile = { path: "/a", type: "file", mode: "0644", uid: 0, gid: 0, size: 1, sha256: "aa" };
const config: ImageConfigDocument = {
  architecture: "amd64",
  os: "linux",
  config: { Env: ["A=1"], Labels: null },
  history: [{ created: "1970-01-01T00:00:00Z", created_by: "COPY a /a", comment: "buildkit.dockerfile.v0" }],
  rootfs: { type: "layers", diff_ids: ["sha256:aa"] },
};

describe("compareFiles", () => {
  it("finds no difference between a tree and itself", () => {
    expect(compareFiles([file], [file])).toEqual([]);
  });

  it.each([
    ["mode", { mode: "0755" }],
    ["uid", { uid: 1 }],
    ["sha256", { sha256: "bb" }],
    ["xattrs", { xattrs: { "user.a": "0x00" } }],
    ["hardLinkTo", { hardLinkTo: "/b" }],
  ])("names a path whose %s differs", (field, change) => {
    expect(compareFiles([file], [{ ...file, ...change }])).toEqual([expect.stringMatching(`^/a: ${field} `)]);
  });

  it("names a path that only one tree has", () => {
    expect(compareFiles([file], [])).toEqual(["/a: only in the first image (file 0644)"]);
    expect(compareFiles([], [file])).toEqual(["/a: only in the second image (file 0644)"]);
  });
});

describe("compareConfigs", () => {
  it("takes absent, null and empty for the same, and looks at no time", () => {
    const other = { ...config, config: { Env: ["A=1"] }, created: "2024-01-01T00:00:00Z" };
    expect(compareConfigs(config, other)).toEqual([]);
  });

  it.each([
    ["config.Env", { config: { Env: ["A=2"] } }],
    ["history", { history: [{ created_by: "COPY b /b", comment: "buildkit.dockerfile.v0" }] }],
    ["architecture", { architecture: "arm64" }],
    ["layers", { rootfs: { type: "layers", diff_ids: [] } }],
  ])("names a %s that differs, unless it is ignored", (field, change) => {
    const other: ImageConfigDocument = { ...config, ...change };
    expect(compareConfigs(config, other)).toEqual([expect.stringMatching(`^image config: ${field} `)]);
    expect(compareConfigs(config, other, { ignore: [field] })).toEqual([]);
  });
});
