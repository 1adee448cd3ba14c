import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { isMark } from "../kernel/file-kinds.ts";
import { systemCalls } from "../kernel/system-calls.ts";

/** What the folders of layers show at a path once they lie over one another. */
export interface Found {
  /** The path after symlinks have been followed; without a leading slash, and `""` for the root. */
  readonly path: string;
  readonly kind: "directory" | "other" | "missing";
  /** Where it is on this machine: the topmost folder that has it; undefined where it is missing. */
  readonly host?: string;
}

/** As many symlinks as the kernel follows. */
const mostLinks = 40;

/**
 * Finds what is at a path of the file system that the folders of layers make together.
 *
 * Symlinks are followed inside it. Of a path that is not there the part that is missing comes as it was asked for.
 *
 * @param lowers from the base up
 */
export function findInLowers(lowers: readonly string[], path: string): Found {
  const top = [...lowers].reverse();
  let pending = parts(path);
  let at: Found & { readonly folders: readonly string[] } = {
    path: "",
    kind: "directory",
    folders: top,
    ...hostOf(top),
  };
  for (let links = 0; pending.length > 0; ) {
    const name = pending[0] as string;
    const rest = pending.slice(1);
    const next = at.kind === "directory" ? step(at.folders, name) : undefined;
    const here = at.path === "" ? name : `${at.path}/${name}`;
    if (next === undefined)
      return { path: [at.path, ...pending].filter((part) => part !== "").join("/"), kind: "missing" };
    if (next.link !== undefined && links++ < mostLinks) {
      const base = next.link.startsWith("/") ? [] : parts(at.path);
      pending = parts([...base, ...parts(next.link), ...rest].join("/"));
      at = { path: "", kind: "directory", folders: top, ...hostOf(top) };
      continue;
    }
    const kind = next.folders.length > 0 ? "directory" : "other";
    at = { path: here, kind, folders: next.folders, host: next.host };
    pending = rest;
  }
  const { folders: _folders, ...found } = at;
  return found;
}

/** Reads a text file as the folders of layers show it, or tells that there is none. */
export function readInLowers(lowers: readonly string[], path: string): string | undefined {
  const { kind, host } = findInLowers(lowers, path);
  return kind === "other" && host !== undefined ? readFileSync(host, "utf8") : undefined;
}

interface Step {
  readonly host: string;
  /** The folders that are shown as one, from the top down; none for anything but a folder. */
  readonly folders: readonly string[];
  readonly link?: string;
}

/** Looks for a name in folders that are shown as one. */
function step(folders: readonly string[], name: string): Step | undefined {
  const found: string[] = [];
  for (const [at, folder] of folders.entries()) {
    const host = `${folder}/${name}`;
    const stat = lstatSync(host, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.isDirectory()) {
      found.push(host);
      if (at < folders.length - 1 && isOpaque(host)) break;
      continue;
    }
    if (found.length > 0) break;
    if (stat.isCharacterDevice() && stat.rdev === 0) return undefined;
    return { host, folders: [], ...(stat.isSymbolicLink() ? { link: readlinkSync(host) } : {}) };
  }
  const [host] = found;
  return host === undefined ? undefined : { host, folders: found };
}

function isOpaque(folder: string): boolean {
  const names = systemCalls().listAttributes(folder);
  return names.some((name) => isMark(name) && name.endsWith(".opaque"));
}

function hostOf(folders: readonly string[]): { host?: string } {
  return folders[0] === undefined ? {} : { host: folders[0] };
}

/** The parts of a path, with `..` taken out as in a root that nothing lies above. */
function parts(path: string): string[] {
  const result: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") result.pop();
    else if (part !== "" && part !== ".") result.push(part);
  }
  return result;
}
