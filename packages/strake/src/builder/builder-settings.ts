import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StrakeError } from "@strake/core";
import type { TlsOptions } from "@strake/daemon";
import { type Platform, parsePlatform } from "@strake/oci";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";

/** What the settings file says of one builder. */
export interface BuilderSetting {
  /** As `--builder` takes it. */
  readonly address: string;
  /** The platforms that it is meant for; those that it says itself where absent. */
  readonly platforms?: readonly Platform[];
  /** How many images it builds at once. */
  readonly jobs?: number;
  readonly tls?: TlsOptions;
}

/** What the settings file says, by the builders' names. */
export type BuilderSettings = ReadonlyMap<string, BuilderSetting>;

/** Names that mean something else where a builder is named. */
export const reservedNames: readonly string[] = ["engine", "auto", "docker", "default", "fleet"];

type Fail = (node: Node | null | undefined, message: string) => StrakeError;

const hint =
  "A builder has an address, and may have platforms (a list), jobs (how many images at once) and tls (ca, cert, key, servername).";

/**
 * Parses the settings of builders: a YAML map from a builder's name to `address`, `platforms`, `jobs` and `tls`.
 *
 * @param file where the text comes from, for messages and for relative paths of certificates
 * @throws StrakeError `invalid-builders`, beginning with `file:line:`
 */
export function parseBuilderSettings(text: string, file: string): BuilderSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const failAt = (offset: number, message: string) =>
    new StrakeError({
      code: "invalid-builders",
      message: `${file}:${lines.linePos(offset).line || 1}: ${message}`,
      notes: [hint],
    });
  const fail: Fail = (node, message) => failAt(node?.range?.[0] ?? 0, message);
  const [broken] = document.errors;
  if (broken !== undefined) throw failAt(broken.pos[0], broken.message.split(" at line ")[0] ?? broken.message);
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return new Map();
  if (!isMap(root)) throw fail(root, "the file is not a map from builders to their settings");
  return new Map(
    pairs(root, fail).map(([name, node, key]) => {
      if (reservedNames.includes(name) || name.includes(":")) throw fail(key, `a builder cannot be called "${name}"`);
      return [name, readSetting(name, node ?? key, dirname(file), fail)];
    }),
  );
}

function readSetting(name: string, node: Node, folder: string, fail: Fail): BuilderSetting {
  if (!isMap(node)) throw fail(node, `the settings of ${name} are not a map`);
  const setting: { -readonly [Key in keyof BuilderSetting]: BuilderSetting[Key] } = { address: "" };
  for (const [key, value, at] of pairs(node, fail)) {
    if (key === "address") setting.address = readText(key, value ?? at, fail);
    else if (key === "platforms") setting.platforms = readPlatforms(value ?? at, fail);
    else if (key === "jobs") setting.jobs = readCount(key, value ?? at, fail);
    else if (key === "tls") setting.tls = readTls(value ?? at, folder, fail);
    else throw fail(at, `"${key}" is not a setting of a builder`);
  }
  if (setting.address === "") throw fail(node, `${name} has no address`);
  return setting;
}

function readPlatforms(node: Node, fail: Fail): readonly Platform[] {
  if (!isSeq(node)) throw fail(node, "platforms is not a list");
  return node.items.map((item) => {
    const text = readText("platforms", item as Node, fail);
    try {
      return parsePlatform(text);
    } catch (error) {
      throw fail(item as Node, (error as Error).message);
    }
  });
}

function readTls(node: Node, folder: string, fail: Fail): TlsOptions {
  if (!isMap(node)) throw fail(node, "tls is not a map");
  const tls: { -readonly [Key in keyof TlsOptions]: TlsOptions[Key] } = {};
  for (const [key, value, at] of pairs(node, fail)) {
    const text = readText(key, value ?? at, fail);
    if (key === "servername") tls.serverName = text;
    else if (key === "ca" || key === "cert" || key === "key") tls[key] = readPem(resolve(folder, text), at, fail);
    else throw fail(at, `"${key}" is not a setting of tls`);
  }
  return tls;
}

function readPem(path: string, at: Node, fail: Fail): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fail(at, `${path} cannot be read: ${(error as Error).message}`);
  }
}

function readCount(key: string, node: Node, fail: Fail): number {
  if (isScalar(node) && Number.isInteger(node.value) && Number(node.value) > 0) return Number(node.value);
  throw fail(node, `${key} is not a number of at least 1`);
}

function readText(key: string, node: Node, fail: Fail): string {
  if (isScalar(node) && typeof node.value === "string" && node.value !== "") return node.value;
  throw fail(node, `${key} needs text`);
}

function pairs(map: YAMLMap, fail: Fail): readonly (readonly [string, Node | null, Node])[] {
  return map.items.map(({ key, value }) => {
    if (!isScalar(key) || typeof key.value !== "string") throw fail(key as Node, "a key has to be text");
    return [key.value, value as Node | null, key];
  });
}
