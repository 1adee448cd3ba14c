import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  createReadStream,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sha256 } from "../hash.ts";
import type { Entry } from "../tree/entry.ts";
import { decodePath, encodePath } from "../tree/path-bytes.ts";
import { contentBytes } from "../tree/read-content.ts";
import { indexTar } from "./index-tar.ts";
import { readTar } from "./read-tar.ts";
import { writeTar } from "./write-tar.ts";

const work = mkdtempSync(join(tmpdir(), "tar-interop-"));
afterAll(() => rmSync(work, { recursive: true }));

const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };

function works(command: string, ...options: string[]): boolean {
  const found = spawnSync(command, options, { env: environment }).status === 0;
  if (!found) console.log(`skipped: ${command} is not installed or cannot do ${options.join(" ")}`);
  return found;
}

const gnuTar = works("tar", "--version") && execFileSync("tar", ["--version"], { encoding: "utf8" }).includes("GNU");
const bsdTar = works("bsdtar", "--version");
const python = works("python3", "--version");

const longName = `${"directory/".repeat(12)}${"n".repeat(90)}`;
const notUtf8 = Buffer.from("caf\xe9", "latin1");

/** Makes a tree with what old formats can hold, and on demand the rest. */
function makeTree(name: string, kind: "simple" | "full" | "sparse"): string {
  const root = join(work, name);
  mkdirSync(join(root, "d/empty"), { recursive: true });
  writeFileSync(join(root, "d/file"), "content\n", { mode: 0o640 });
  writeFileSync(join(root, "d/none"), "");
  writeFileSync(join(root, "block"), Buffer.alloc(512, "b"));
  writeFileSync(join(root, "z-last"), Buffer.alloc(100_001, "z"));
  symlinkSync("../block", join(root, "d/link"));
  linkSync(join(root, "d/file"), join(root, "d/hard"));
  if (kind === "full") {
    mkdirSync(join(root, longName, ".."), { recursive: true });
    writeFileSync(join(root, longName), "long");
    symlinkSync(longName, join(root, "long-link"));
    writeFileSync(join(root, "grüße"), "ü");
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), notUtf8]), "bytes");
    writeFileSync(join(root, `${"ü".repeat(100)}`), "longer than a header");
    execFileSync("mkfifo", [join(root, "fifo")]);
  }
  if (kind === "sparse") {
    makeSparse(join(root, "few"), 2, 3_000_000);
    makeSparse(join(root, "many"), 60, 5_000_000);
    makeSparse(join(root, "hole"), 0, 1_000_000);
  }
  // Whole seconds: GNU tar compares fractions wherever a member has an extended header.
  execFileSync("find", [root, "-exec", "touch", "-h", "-d", "@1700000000", "{}", "+"]);
  return root;
}

function makeSparse(path: string, runs: number, size: number): void {
  const descriptor = openSync(path, "w");
  ftruncateSync(descriptor, size);
  for (let run = 0; run < runs; run++)
    writeSync(descriptor, Buffer.alloc(4096, 0x41 + run), 0, 4096, run * 65_536 + 65_536);
  closeSync(descriptor);
}

/** What an entry read from a tar should say about a file of the host, and its content's digest. */
async function expectTree(archive: string, root: string): Promise<Entry[]> {
  const entries = await indexTar(createReadStream(archive), archive);
  for (const entry of entries) {
    const host = Buffer.concat([Buffer.from(`${root}/`), encodePath(entry.path)]);
    const stat = lstatSync(host);
    expect(Math.floor(entry.mtime), entry.path).toBe(Math.floor(stat.mtimeMs / 1000));
    expect([entry.uid, entry.gid]).toEqual([stat.uid, stat.gid]);
    if (entry.type !== "hardlink") expect(entry.mode, entry.path).toBe(stat.mode & 0o7777);
    if (stat.isDirectory()) expect(entry.type).toBe("directory");
    else if (stat.isSymbolicLink()) expect(entry.linkname).toBe(readlinkSync(host));
    else if (stat.isFIFO()) expect(entry.type).toBe("fifo");
    else if (entry.type === "file") expect(sha256(contentBytes(entry)), entry.path).toBe(sha256(readFileSync(host)));
    else expect(entry.type).toBe("hardlink");
  }
  await expectBodies(archive, entries);
  return entries;
}

/** The bodies that a reader streams are the content that the index points to. */
async function expectBodies(archive: string, entries: readonly Entry[]): Promise<void> {
  let index = 0;
  for await (const { entry, body } of readTar(createReadStream(archive))) {
    const indexed = entries[index++] as Entry;
    const { content, ...rest } = indexed;
    expect(entry).toEqual(rest);
    if (content === undefined) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of body()) chunks.push(chunk);
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(contentBytes(indexed)));
  }
  expect(index).toBe(entries.length);
}

const paths = (entries: readonly Entry[]) => entries.map(({ path }) => path);

describe.skipIf(!gnuTar)("GNU tar", () => {
  const simple = makeTree("gnu-simple", "simple");
  const full = makeTree("gnu-full", "full");
  const sparse = makeTree("gnu-sparse", "sparse");

  function make(root: string, ...options: string[]): string {
    const archive = join(work, "gnu.tar");
    execFileSync("tar", [...options, "-cf", archive, "-C", root, "."], { env: environment });
    return archive;
  }

  it.each(["v7", "ustar", "gnu", "oldgnu", "pax"])("writes %s and it is read", async (format) => {
    const entries = await expectTree(make(simple, `--format=${format}`), simple);
    expect(paths(entries).sort()).toEqual(
      ["", "block", "d", "d/empty", "d/file", "d/hard", "d/link", "d/none", "z-last"].sort(),
    );
  });

  it.each(["gnu", "oldgnu", "pax"])("writes long and odd names as %s and they are read", async (format) => {
    const found = paths(await expectTree(make(full, `--format=${format}`), full));
    for (const path of [longName, "grüße", decodePath(notUtf8), "ü".repeat(100), "fifo", "long-link"]) {
      expect(found).toContain(path);
    }
  });

  it.each([
    ["--format=gnu"],
    ["--format=pax", "--sparse-version=0.0"],
    ["--format=pax", "--sparse-version=0.1"],
    ["--format=pax", "--sparse-version=1.0"],
  ])("writes sparse files as %s %s and they are read", async (...options) => {
    const entries = await expectTree(make(sparse, "-S", ...options), sparse);
    const many = entries.find(({ path }) => path === "many");
    expect(many?.size).toBe(5_000_000);
    expect(many?.content?.from).toBe("segments");
    expect(lstatSync(join(work, "gnu.tar")).size).toBeLessThan(1_000_000);
  });

  it.skipIf(!works("setfattr", "--version"))("writes extended attributes and they are read", async () => {
    const root = makeTree("gnu-xattrs", "simple");
    execFileSync("setfattr", ["-n", "user.strake=100%", "-v", "0x000aff3d", join(root, "block")]);
    const archive = make(root, "--xattrs", "--xattrs-include=*");
    const entries = await expectTree(archive, root);
    const value = new Uint8Array([0x00, 0x0a, 0xff, 0x3d]);
    expect(entries.find(({ path }) => path === "block")?.xattrs).toEqual({ "user.strake=100%": value });
    expect(spawnSync("tar", ["--xattrs", "-d", "-C", root], { input: rewritten(entries) }).stderr.toString()).toBe("");
  });

  it("finds in what is written here the files that went in", async () => {
    const entries = await indexTar(createReadStream(make(full, "--format=gnu")), join(work, "gnu.tar"));
    const compared = spawnSync("tar", ["-df", "-", "-C", full], { input: rewritten(entries), env: environment });
    expect(compared.stderr.toString() + compared.stdout.toString()).toBe("");
    expect(compared.status).toBe(0);
  });
});

function rewritten(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...writeTar(entries)]);
}

describe.skipIf(!bsdTar)("bsdtar", () => {
  const full = makeTree("bsd-full", "full");

  it.each(["pax", "gnutar"])("writes %s and it is read", async (format) => {
    const archive = join(work, "bsd.tar");
    execFileSync("bsdtar", [`--format=${format}`, "-cf", archive, "-C", full, "."], { env: environment });
    const found = paths(await expectTree(archive, full));
    for (const path of [longName, "grüße", decodePath(notUtf8), "fifo"]) expect(found).toContain(path);
  });
});

const common = { uid: 1000, gid: 100, size: 0, mtime: 1_700_000_000 } as const;
const inline = (text: string) => ({ size: text.length, content: { from: "bytes", bytes: Buffer.from(text) } }) as const;

/** One of everything. */
const everything: Entry[] = [
  { ...common, path: "a", type: "directory", mode: 0o1777 },
  { ...common, path: "a/file", type: "file", mode: 0o4755, ...inline("content") },
  { ...common, path: "a/hard", type: "hardlink", mode: 0o4755, linkname: "a/file" },
  { ...common, path: "a/link", type: "symlink", mode: 0o777, linkname: "../x" },
  { ...common, path: "a/long-link", type: "symlink", mode: 0o777, linkname: longName },
  { ...common, path: "caf\udce9", type: "file", mode: 0o644, ...inline("x") },
  { ...common, path: "dev-block", type: "block", mode: 0o660, device: { major: 8, minor: 17 } },
  { ...common, path: "dev-null", type: "character", mode: 0o666, device: { major: 1, minor: 3 } },
  { ...common, path: "fifo", type: "fifo", mode: 0o600 },
  { ...common, path: "grüße", type: "directory", mode: 0o755 },
  { ...common, path: longName, type: "file", mode: 0o600, ...inline("long") },
  { ...common, path: "old", type: "file", mode: 0o644, mtime: -86_400, ...inline("") },
  { ...common, path: "owned", type: "file", mode: 0o644, uid: 4_000_000_000, gid: 2_097_152, ...inline("") },
  { ...common, path: `s/${"n".repeat(150)}`, type: "file", mode: 0o644, ...inline("") },
  { ...common, path: "x", type: "file", mode: 0o644, ...inline(""), xattrs: { "user.a": Buffer.from("\n=\u0001") } },
];

describe("a tar written here", () => {
  it.skipIf(!gnuTar)("is listed by GNU tar with the same modes, owners, sizes, times and names", () => {
    const options = ["-tvf", "-", "--numeric-owner", "--full-time", "--utc", "--quoting-style=escape"];
    const listing = spawnSync("tar", options, { input: rewritten(everything), env: environment });
    expect(listing.stderr.toString()).toBe("");
    const lines = listing.stdout.toString().trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual(everything.map(gnuLine));
  });

  it.skipIf(!python)("is listed by Python's tarfile with the same fields and content", () => {
    const script = `
import sys, io, json, tarfile
rows = []
t = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), encoding="utf-8", errors="surrogateescape")
for m in t:
    content = t.extractfile(m).read().decode("latin1") if m.isreg() else ""
    xattrs = {k[13:]: v for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}
    rows.append([m.name, m.type.decode(), m.mode, m.uid, m.gid, m.mtime, m.linkname, m.devmajor, m.devminor, content, xattrs])
json.dump(rows, sys.stdout)
`;
    const entries = [
      ...everything,
      { ...common, path: "half", type: "file", mode: 0, ...inline(""), mtime: 1.5 } as Entry,
    ];
    const rows = JSON.parse(execFileSync("python3", ["-c", script], { input: rewritten(entries), encoding: "utf8" }));
    const flags = { file: "0", hardlink: "1", symlink: "2", character: "3", block: "4", directory: "5", fifo: "6" };
    expect(rows).toEqual(
      entries.map((entry) => [
        entry.path,
        flags[entry.type],
        entry.mode,
        entry.uid,
        entry.gid,
        entry.mtime,
        entry.linkname ?? "",
        entry.device?.major ?? 0,
        entry.device?.minor ?? 0,
        entry.content?.from === "bytes" ? Buffer.from(entry.content.bytes).toString() : "",
        Object.fromEntries(Object.entries(entry.xattrs ?? {}).map(([name, value]) => [name, value.toString()])),
      ]),
    );
  });
});

describe.skipIf(!python)("Python's tarfile", () => {
  const full = makeTree("python-full", "full");

  it.each(["GNU", "PAX"])("writes %s and it is read", async (format) => {
    const archive = join(work, "python.tar");
    const script = `
import sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.${format}_FORMAT) as t: t.add(sys.argv[2], arcname=".")
`;
    execFileSync("python3", ["-c", script, archive, full]);
    const found = paths(await expectTree(archive, full));
    for (const path of [longName, "grüße", decodePath(notUtf8), "fifo"]) expect(found).toContain(path);
  });
});

/** The line of GNU tar's verbose listing, with one space between columns. */
function gnuLine(entry: Entry): string {
  const letter = { file: "-", hardlink: "h", symlink: "l", character: "c", block: "b", directory: "d", fifo: "p" };
  const size = entry.device === undefined ? entry.size : `${entry.device.major},${entry.device.minor}`;
  const time = new Date(entry.mtime * 1000).toISOString().slice(0, 19).replace("T", " ");
  const slash = entry.type === "directory" ? "/" : "";
  const target =
    { hardlink: ` link to ${entry.linkname}`, symlink: ` -> ${entry.linkname}` }[entry.type as string] ?? "";
  const name = Buffer.from(encodePath(entry.path)).toString("latin1");
  const escaped = name.replace(/[\x80-\xff]/g, (byte) => `\\${byte.charCodeAt(0).toString(8)}`);
  return `${letter[entry.type]}${permissions(entry.mode)} ${entry.uid}/${entry.gid} ${size} ${time} ${escaped}${slash}${target}`;
}

function permissions(mode: number): string {
  const bits = [..."rwxrwxrwx"].map((letter, index) => (mode & (0o400 >> index) ? letter : "-"));
  if (mode & 0o4000) bits[2] = mode & 0o100 ? "s" : "S";
  if (mode & 0o2000) bits[5] = mode & 0o010 ? "s" : "S";
  if (mode & 0o1000) bits[8] = mode & 0o001 ? "t" : "T";
  return bits.join("");
}
