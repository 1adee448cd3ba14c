import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@strake/engine";
import { sha256 } from "@strake/oci";
import type { Bundle } from "./bundle-build-file.ts";
import type { RawSourceMap } from "./source-map.ts";

/** A bundle as a file that can be imported. */
export interface BundleFile {
  readonly path: string;
  /** Undefined when it is gone. */
  readonly map: () => RawSourceMap | undefined;
}

/** What a kept bundle was made of. */
interface BundleRecord {
  /** Milliseconds since 1970 when the bundling began: a file that was changed later is not known by its times. */
  readonly began: number;
  readonly key: string;
  readonly inputs: readonly InputRecord[];
  readonly absent: readonly string[];
}

interface InputRecord {
  readonly path: string;
  readonly stamp: string;
  readonly digest: string;
}

/** Times of files are as coarse as the kernel's clock tick. */
const clockTick = 20;

/**
 * Names the folder of a build file's bundles: one for each build file, library, version of Strake and of Node.
 *
 * @param home - the store's folder
 */
export function bundleFolder(home: string, ...what: readonly string[]): string {
  return join(home, "build-files", sha256(JSON.stringify(what)).slice("sha256:".length, "sha256:".length + 32));
}

/**
 * Finds the kept bundle if nothing it was made of has changed since.
 *
 * A file counts as unchanged when its size, times and inode are the same, or else its content.
 */
export function readKeptBundle(folder: string): BundleFile | undefined {
  const record = readRecord(folder);
  if (record === undefined) return undefined;
  const file = bundleFile(folder, record.key);
  const fresh =
    existsSync(file.path) &&
    record.inputs.every((input) => isUnchanged(input, record.began)) &&
    !record.absent.some((path) => existsSync(path));
  return fresh ? file : undefined;
}

/** Keeps a bundle whose making began at a time, in milliseconds since 1970. */
export function writeKeptBundle(folder: string, bundle: Bundle, began: number): BundleFile {
  const inputs = [...bundle.inputs].map(([path, bytes]): InputRecord => {
    return { path, stamp: stampOf(path) ?? "", digest: sha256(bytes ?? readFileSync(path)) };
  });
  const key = sha256(JSON.stringify([inputs.map(({ path, digest }) => [path, digest]), bundle.absent])).slice(7, 39);
  const record: BundleRecord = { began, key, inputs, absent: bundle.absent };
  const file = bundleFile(folder, key);
  makeFolder(folder);
  replaceFile(mapPath(file.path), JSON.stringify(bundle.map));
  replaceFile(file.path, bundle.code);
  replaceFile(join(folder, "record.json"), JSON.stringify(record));
  removeOutdated(folder, key);
  return file;
}

/** Writes a bundle into a folder for one use. */
export function writeBundle(folder: string, bundle: Bundle): BundleFile {
  const path = join(folder, "build.mjs");
  writeFileSync(path, bundle.code);
  return { path, map: () => bundle.map };
}

function bundleFile(folder: string, key: string): BundleFile {
  const path = join(folder, `${key}.mjs`);
  return { path, map: () => readMap(mapPath(path)) };
}

function readMap(path: string): RawSourceMap | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as RawSourceMap;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function mapPath(path: string): string {
  return `${path}.map`;
}

function readRecord(folder: string): BundleRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "record.json"), "utf8")) as BundleRecord;
  } catch {
    return undefined;
  }
}

function isUnchanged(input: InputRecord, began: number): boolean {
  const stats = statSync(input.path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (printStamp(stats) === input.stamp && stats.ctimeMs < began - clockTick) return true;
  return stats.isFile() && sha256(readFileSync(input.path)) === input.digest;
}

function stampOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && printStamp(stats);
}

function printStamp(stats: { size: number; mtimeMs: number; ctimeMs: number; ino: number }): string {
  return `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
}

/** Another process that reads the file sees the old one or the new one. */
function replaceFile(path: string, content: string): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** Another process may have found an older bundle and not have imported it yet, so they stay for an hour. */
function removeOutdated(folder: string, key: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(key) || name === "record.json") continue;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > 3_600_000) rmSync(path, { force: true });
  }
}
