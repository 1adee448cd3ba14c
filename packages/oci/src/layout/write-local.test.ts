import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import { layerFromEntries } from "../layer/layer-from-entries.ts";
import { parseReference } from "../reference.ts";
import type { Entry } from "../tree/entry.ts";
import { imageFrom } from "../view/assemble.ts";
import { openImageFile } from "./open-image-file.ts";
import { writeLocal } from "./write-local.ts";
import { writeOciLayout } from "./write-oci-layout.ts";
import { rootfsTarStream, writeRootfsTar } from "./write-rootfs-tar.ts";

const name = parseReference("example.com/team/app:1.2");

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "strake-layout-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const owner = { uid: 0, gid: 0, mtime: 1000 };
const directory = (path: string, mode = 0o755): Entry => ({ path, type: "directory", mode, size: 0, ...owner });
const link = (path: string, linkname: string): Entry => ({
  path,
  type: "symlink",
  mode: 0o777,
  size: 0,
  linkname,
  ...owner,
});
const file = (path: string, text: string, mode = 0o644): Entry => ({
  path,
  type: "file",
  mode,
  size: Buffer.byteLength(text),
  content: { from: "bytes", bytes: Buffer.from(text) },
  ...owner,
});

const base = [
  directory("bin"),
  file("bin/tool", "#!/bin/sh\n", 0o755),
  { ...link("bin/alias", "bin/tool"), type: "hardlink" as const },
  directory("etc"),
  file("etc/motd", "hello"),
  file("etc/old", "old"),
  link("lib", "usr/lib"),
];
const top = [
  directory("etc"),
  file("etc/.wh.old", ""),
  file("etc/motd", "hello again"),
  file("big", "x".repeat(3_000_000)),
];

function sample(): Image {
  const layers = [base, top].map((entries) => layerFromEntries(entries, { epoch: 1000, compression: "gzip" }));
  return imageFrom({ config: { architecture: "amd64", os: "linux" }, layers });
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a folder holds: paths with types, modes, times and content. */
function listing(folder: string, path = ""): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const child of readdirSync(join(folder, path)).sort()) {
    const at = path === "" ? child : `${path}/${child}`;
    const stats = lstatSync(join(folder, at));
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) found[at] = `-> ${readlinkSync(join(folder, at))}`;
    else if (stats.isFile()) found[at] = [mode, stats.mtimeMs / 1000, sha256(readFileSync(join(folder, at)))];
    else Object.assign(found, { [at]: [mode, stats.mtimeMs / 1000] }, listing(folder, at));
  }
  return found;
}

const expected = {
  big: ["644", 1000, sha256("x".repeat(3_000_000))],
  bin: ["755", 1000],
  "bin/alias": ["755", 1000, sha256("#!/bin/sh\n")],
  "bin/tool": ["755", 1000, sha256("#!/bin/sh\n")],
  etc: ["755", 1000],
  "etc/motd": ["644", 1000, sha256("hello again")],
  lib: "-> usr/lib",
};

describe("the files of an image", () => {
  /** The sample, with layers that are blobs and no recipes. */
  async function stored(): Promise<Image> {
    const folder = temporary();
    const path = join(folder, "image");
    await writeOciLayout(path, sample(), [name]);
    return (await openImageFile(path)).images[0]!.image();
  }

  it.each(["recipes", "blobs"])("are written to a folder (%s)", async (kind) => {
    const folder = temporary();
    const image = kind === "blobs" ? await stored() : sample();
    expect(await writeLocal(image, join(folder, "out"))).toEqual({ written: 7, skipped: [] });
    expect(listing(join(folder, "out"))).toEqual(expected);
    expect(statSync(join(folder, "out", "bin", "tool")).nlink).toBe(2);
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it("are laid over what a folder has, and never go through its links", async () => {
    const folder = temporary();
    const outside = temporary();
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "mine"), "kept");
    symlinkSync(outside, join(folder, "etc"));
    await writeLocal(sample(), folder);
    expect(readdirSync(outside)).toEqual([]);
    expect(Object.keys(listing(folder)).sort()).toEqual([...Object.keys(expected), "bin/mine"].sort());
  });

  it("go into the folder that a link leads to, and never into the place of a file", async () => {
    const folder = temporary();
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "link"));
    await writeLocal(sample(), join(folder, "link"));
    expect(readlinkSync(join(folder, "link"))).toBe("real");
    expect(listing(join(folder, "real"))).toEqual(expected);
    writeFileSync(join(folder, "file"), "kept");
    await expect(writeLocal(sample(), join(folder, "file"))).rejects.toMatchObject({ code: "ENOTDIR" });
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("kept");
    expect(readdirSync(folder).sort()).toEqual(["file", "link", "real"]);
  });

  it("that a link would lead out of the folder stay in it", async () => {
    const folder = temporary();
    const outside = temporary();
    const layers = [[link("out", outside)], [directory("out"), file("out/evil", "x")]].map((entries) =>
      layerFromEntries(entries, { compression: "none" }),
    );
    const image = imageFrom({ config: { architecture: "amd64", os: "linux" }, layers });
    await writeLocal(image, join(folder, "files"));
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(folder, "files", "out", "evil"), "utf8")).toBe("x");
  });

  it("but devices, which are reported", async () => {
    const device: Entry = { ...directory("null", 0o666), type: "character", device: { major: 1, minor: 3 } };
    const layer = layerFromEntries([device], { compression: "none" });
    const image = imageFrom({ config: { architecture: "amd64", os: "linux" }, layers: [layer] });
    const folder = join(temporary(), "out");
    expect(await writeLocal(image, folder)).toEqual({ written: 0, skipped: ["null"] });
  });

  it("are written as one tar that GNU tar unpacks to the same tree", async () => {
    const folder = temporary();
    await writeRootfsTar(await stored(), join(folder, "rootfs.tar"));
    mkdirSync(join(folder, "out"));
    execFileSync("tar", ["-C", join(folder, "out"), "-xpf", join(folder, "rootfs.tar")]);
    expect(listing(join(folder, "out"))).toEqual(expected);
    expect(readFileSync(join(folder, "rootfs.tar")).equals(await collect(rootfsTarStream(sample())))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["out", "rootfs.tar"]);
  });
});
