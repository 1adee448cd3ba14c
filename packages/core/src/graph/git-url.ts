import { StrakeError } from "../strake-error.ts";
import type { CallSite } from "./call-site.ts";
import { cleanPath } from "./posix-path.ts";

/** A git address in Docker's notation, taken apart. */
export interface GitUrl {
  /** What git is asked for. */
  readonly remote: string;
  readonly ref?: string;
  /** Below the repository's root, whatever dots the address has. */
  readonly subdirectory?: string;
  /** The commit that the ref has to be, whole or its beginning. */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  /** False: folders of other repositories stay empty. */
  readonly submodules?: boolean;
}

/**
 * Tells whether a build context is a git repository.
 *
 * `git@host:path`, `ssh://`, `git://`, http addresses whose path ends in `.git`, and `github.com/…` (BuildKit's
 * `dfgitutil`).
 */
export function isGitUrl(text: string): boolean {
  return isGitSource(text) || text.startsWith("github.com/");
}

/** What a source of ADD is: a repository, a download, or a path. */
export function addSourceType(text: string): "git" | "http" | "path" {
  if (isGitSource(text)) return "git";
  return /^https?:\/\//.test(text) ? "http" : "path";
}

function isGitSource(text: string): boolean {
  if (/^(?:git|ssh):\/\//i.test(text) || isScpStyle(text)) return true;
  return /^https?:\/\/[^#?]+\.git(?:[#?].*)?$/i.test(text);
}

/** `user@host:path`, which is no address but what ssh takes. */
function isScpStyle(text: string): boolean {
  return /^[\w-]+@[\w.-]+:/.test(text);
}

/**
 * Takes a git address apart: the fragment is `ref` or `ref:subdirectory`, the query may say the same by name.
 *
 * What a query says of the times of files is looked at and left out: they are the build's.
 *
 * @param site the statement that has the address
 * @throws StrakeError `git-address` for a query that says something else, or says it twice in two ways
 */
export function parseGitUrl(text: string, site?: CallSite): GitUrl {
  const shown = text.replace(/\/\/[^@/]*@/, "//");
  const fail = (message: string) => new StrakeError({ code: "git-address", message: `${shown}: ${message}`, site });
  const hash = text.indexOf("#");
  const address = hash === -1 ? text : text.slice(0, hash);
  const fragment = hash === -1 ? "" : decoded(text.slice(hash + 1), isScpStyle(text));
  const mark = address.indexOf("?");
  const base = mark === -1 ? address : address.slice(0, mark);
  const query = readQuery(mark === -1 ? "" : address.slice(mark + 1), fail);
  const colon = fragment.indexOf(":");
  const agreed = (what: string, ...values: readonly (string | undefined)[]) => {
    const said = [...new Set(values.filter((value) => value !== undefined && value !== ""))];
    if (said.length > 1) throw fail(`${what} conflicts: ${said.map((value) => `"${value}"`).join(" vs ")}`);
    return said[0];
  };
  const flag = (name: string) => {
    const value = query.get(name);
    if (value === undefined) return undefined;
    if (/^(?:1|t|true|)$/i.test(value)) return true;
    if (/^(?:0|f|false)$/i.test(value)) return false;
    throw fail(`invalid ${name} value: "${value}"`);
  };
  const below = (path: string | undefined) => (path === undefined ? undefined : cleanPath(`/${path}`).slice(1));
  const [tag, branch] = [inFull(query.get("tag"), "refs/tags/"), inFull(query.get("branch"), "refs/heads/")];
  if (tag !== undefined && branch !== undefined) throw fail("branch conflicts with tag");
  const ref = agreed("ref", colon === -1 ? fragment : fragment.slice(0, colon), query.get("ref"), tag, branch);
  const subdirectory = below(
    agreed("subdir", below(colon === -1 ? "" : fragment.slice(colon + 1)), query.get("subdir")),
  );
  const checksum = query.get("checksum") ?? query.get("commit");
  const [keepGitDir, submodules] = [flag("keep-git-dir"), flag("submodules")];
  if (!/^(?:checkout|commit)$/.test(query.get("mtime") ?? "commit")) {
    throw fail(`invalid mtime value: "${query.get("mtime")}" (must be "checkout" or "commit")`);
  }
  if (flag("fetch-by-commit") && !/^[0-9a-f]{40}$/.test(checksum ?? "")) {
    throw fail(`fetch-by-commit requires a full commit as checksum, got "${checksum ?? ""}"`);
  }
  const wanted = flag("fetch-by-commit") ? checksum : ref;
  return {
    remote: base.startsWith("github.com/") ? `https://${base}` : base,
    ...(wanted ? { ref: wanted } : {}),
    ...(subdirectory ? { subdirectory } : {}),
    ...(checksum ? { checksum } : {}),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(submodules === undefined ? {} : { submodules }),
  };
}

/** What a repository is called: the last part of its address. */
export function repositoryName({ remote }: Pick<GitUrl, "remote">): string {
  return remote
    .replace(/\/+$/, "")
    .replace(/^.*[/:]/, "")
    .replace(/\.git$/, "");
}

const names: ReadonlySet<string> = new Set(
  "ref tag branch subdir checksum commit keep-git-dir submodules mtime fetch-by-commit".split(" "),
);
const withoutValue: ReadonlySet<string> = new Set(["keep-git-dir", "submodules", "fetch-by-commit"]);

function readQuery(text: string, fail: (message: string) => StrakeError): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) throw fail(`query "${name}" has multiple values`);
    if (value === "" && !withoutValue.has(name)) throw fail(`query "${name}" has no value`);
    if (!names.has(name)) throw fail(`unexpected query "${name}"`);
    query.set(name, value);
  }
  return query;
}

function inFull(name: string | undefined, prefix: string): string | undefined {
  return name === undefined || name.startsWith(prefix) ? name : prefix + name;
}

function decoded(text: string, asItIs: boolean): string {
  try {
    return asItIs ? text : decodeURIComponent(text);
  } catch {
    return text;
  }
}
