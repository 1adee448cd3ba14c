/** A git address in Docker's notation, taken apart. */
export interface GitUrl {
  /** What git is asked for. */
  readonly remote: string;
  readonly ref?: string;
  readonly subdirectory?: string;
  /** The commit that the ref has to be, whole or its beginning. */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
}

/**
 * Tells whether ADD takes this source for a git repository.
 *
 * `git@host:path`, `ssh://`, `git://`, and http addresses whose path ends in `.git` (BuildKit's `gitutil`).
 */
export function isGitUrl(text: string): boolean {
  if (/^(?:git|ssh):\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text) || /^github\.com\//.test(text)) return true;
  return /^https?:\/\/[^#?]+\.git(?:[#?].*)?$/.test(text);
}

/** What a source of ADD is: a repository, a download, or a path. */
export function addSourceType(text: string): "git" | "http" | "path" {
  if (isGitUrl(text)) return "git";
  return /^https?:\/\//.test(text) ? "http" : "path";
}

/** Takes a git address apart: the fragment is `ref` or `ref:subdirectory`, the query may say the same by name. */
export function parseGitUrl(text: string): GitUrl {
  const hash = text.indexOf("#");
  const fragment = hash === -1 ? "" : text.slice(hash + 1);
  const address = hash === -1 ? text : text.slice(0, hash);
  const mark = address.indexOf("?");
  const query = new Map<string, string>();
  for (const pair of mark === -1 ? [] : address.slice(mark + 1).split("&")) {
    const [name = "", value = ""] = pair.split("=");
    query.set(decodeURIComponent(name), decodeURIComponent(value));
  }
  const base = mark === -1 ? address : address.slice(0, mark);
  const colon = fragment.indexOf(":");
  const ref =
    (colon === -1 ? fragment : fragment.slice(0, colon)) || query.get("ref") || query.get("branch") || query.get("tag");
  const subdirectory = (colon === -1 ? "" : fragment.slice(colon + 1)) || query.get("subdir");
  const checksum = query.get("checksum") || query.get("commit");
  const keep = query.get("keep-git-dir");
  return {
    remote: base.startsWith("github.com/") ? `https://${base}` : base,
    ...(ref ? { ref } : {}),
    ...(subdirectory ? { subdirectory } : {}),
    ...(checksum ? { checksum } : {}),
    ...(keep === undefined ? {} : { keepGitDir: !/^(?:0|f|false)$/i.test(keep) }),
  };
}
