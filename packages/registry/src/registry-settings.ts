import { dirname, resolve } from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { RegistryError } from "./registry-error.ts";

/** What is said of one registry in the settings file. */
export interface RegistrySetting {
  /** Addresses that are asked before the registry itself, in order; a path stands between `/v2/` and the repository. */
  readonly mirrors: readonly URL[];
  /** The registry speaks http, not https. */
  readonly insecure: boolean;
  /** Absolute path of a PEM file with certificates that are trusted besides the system's. */
  readonly ca?: string;
  /** What shows the registry who asks, where it wants to know that by TLS. */
  readonly client?: ClientCertificate;
}

/** A certificate of ours and its private key: absolute paths of PEM files. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What the settings file says, by the registry's name as references write it: `docker.io`, `127.0.0.1:5000`. */
export type RegistrySettings = ReadonlyMap<string, RegistrySetting>;

const registryName = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

/**
 * Parses the settings file: a YAML map from a registry's name to `mirrors`, `insecure`, `ca`, `cert` and `key`.
 *
 * A relative path is taken from the folder of the file. An empty file is no settings.
 *
 * @param file where the text comes from, for messages and for relative paths
 * @throws RegistryError `invalid-settings`, beginning with `file:line:`
 */
export function parseRegistrySettings(text: string, file: string): RegistrySettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const fail: Fail = (node, message, hint) => {
    const offset = typeof node === "number" ? node : (node?.range?.[0] ?? 0);
    return new RegistryError("invalid-settings", `${file}:${lines.linePos(offset).line || 1}: ${message}`, {
      hint:
        hint ??
        "A registry's settings are mirrors (a list of addresses), insecure (true or false), ca, cert and key (paths).",
    });
  };
  const broken = document.errors[0];
  if (broken !== undefined) {
    const message = broken.message.split(" at line ")[0] ?? broken.message;
    throw fail(broken.pos[0], message, "The file has to be valid YAML.");
  }
  const root = document.contents;
  const settings = new Map<string, RegistrySetting>();
  if (root === null || (isScalar(root) && root.value === null)) return settings;
  if (!isMap(root)) throw fail(root, "the file is not a map from registries to their settings");
  for (const { key, value } of pairs(root, fail)) {
    settings.set(readName(key, fail), readSetting(key.text, key.node, value, dirname(file), fail));
  }
  return settings;
}

type Fail = (node: Node | number | undefined | null, message: string, hint?: string) => RegistryError;

interface Key {
  readonly text: string;
  readonly node: Node;
}

function* pairs(map: YAMLMap, fail: Fail): Generator<{ key: Key; value: Node | null }> {
  for (const pair of map.items) {
    const key = pair.key as Node;
    if (!isScalar(key) || typeof key.value !== "string") throw fail(key, "a key has to be text");
    const value = pair.value as Node | null;
    if (isAlias(value)) throw fail(value, "aliases are not used in this file");
    yield { key: { text: key.value, node: key }, value };
  }
}

function readName(key: Key, fail: Fail): string {
  const name = key.text.toLowerCase();
  if (name === "index.docker.io" || name === "registry-1.docker.io") {
    throw fail(key.node, `"${key.text}" is written docker.io`, "Use the name that references have.");
  }
  if (registryName.test(name)) return name;
  const hint =
    "Write the host and, where there is one, the port, as in registry.example.com:5000; no https:// and no path.";
  throw fail(key.node, `"${key.text}" is not the name of a registry`, hint);
}

function readSetting(name: string, at: Node, value: Node | null, folder: string, fail: Fail): RegistrySetting {
  if (!isMap(value)) throw fail(value?.range ? value : at, `the settings of ${name} are not a map`);
  let mirrors: readonly URL[] = [];
  let insecure = false;
  const paths: { ca?: string; cert?: string; key?: string } = {};
  for (const { key, value: node } of pairs(value, fail)) {
    if (key.text === "mirrors") mirrors = readMirrors(key, node, fail);
    else if (key.text === "insecure") insecure = readBoolean(key, node, fail);
    else if (isPath(key.text)) paths[key.text] = resolve(folder, readText(key, node, fail));
    else throw fail(key.node, `"${key.text}" is not a setting of a registry`);
  }
  const { ca, cert, key } = paths;
  if ((cert === undefined) !== (key === undefined)) {
    throw fail(at, `${name} has ${cert === undefined ? "a key without cert" : "a cert without key"}`);
  }
  return Object.freeze({
    mirrors,
    insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  });
}

function isPath(text: string): text is "ca" | "cert" | "key" {
  return text === "ca" || text === "cert" || text === "key";
}

function readMirrors(key: Key, node: Node | null, fail: Fail): readonly URL[] {
  if (!isSeq(node)) throw fail(node?.range ? node : key.node, "mirrors is not a list");
  return node.items.map((item) => {
    const text = readText(key, item as Node, fail);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const example = "An address looks like https://mirror.example.com or http://127.0.0.1:5000/docker-hub.";
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
      throw fail(item as Node, `"${withoutUser(text)}" is not the address of a mirror`, example);
    }
    if (url.username !== "" || url.password !== "") {
      throw fail(item as Node, "the address of a mirror holds a user or a password", "Leave them out of this file.");
    }
    return url;
  });
}

function readBoolean(key: Key, node: Node | null, fail: Fail): boolean {
  if (isScalar(node) && typeof node.value === "boolean") return node.value;
  throw fail(node?.range ? node : key.node, `${key.text} is neither true nor false`);
}

function readText(key: Key, node: Node | null, fail: Fail): string {
  if (isScalar(node) && typeof node.value === "string" && node.value !== "") return node.value;
  throw fail(node?.range ? node : key.node, `${key.text} needs text`);
}

function withoutUser(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//");
}
