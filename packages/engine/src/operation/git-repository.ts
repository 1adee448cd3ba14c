import { execFile } from "node:child_process";
import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { StrakeError } from "@strake/core";

/** A repository, and what of it is wanted. */
export interface GitRepository {
  readonly url: string;
  /** A branch, a tag or a commit; what the repository has checked out where absent. */
  readonly ref?: string;
  /** The commit, or the annotated tag's own object, that the ref has to be: all of its digits, or the first. */
  readonly checksum?: string;
  /** False: folders of other repositories stay empty. */
  readonly submodules?: boolean;
}

/**
 * Finds the commit that a repository's ref stands for: of a branch and a tag of one name, the branch's.
 *
 * @throws StrakeError `git-failed`, also where it is another than the checksum says
 */
export async function findCommit(repository: GitRepository, signal: AbortSignal | undefined): Promise<string> {
  const { url, ref = "HEAD", checksum } = repository;
  const found = /^[0-9a-f]{40}$/.test(ref) ? [ref] : pickRef(ref, await git(repository, lsRemote(url, ref), signal));
  const [commit] = found;
  if (commit === undefined) throw gitFailure(repository, `there is no ${ref}`);
  if (checksum === undefined || found.some((each) => each.startsWith(checksum.toLowerCase()))) return commit;
  throw gitFailure(repository, `${ref} is the commit ${commit}, not ${checksum}`);
}

function lsRemote(url: string, ref: string): readonly string[] {
  return ["ls-remote", "--", url, ref, `${ref}^{}`];
}

/** The commit of a ref among those that end like it, and the object of the annotated tag that it is. */
function pickRef(ref: string, listed: string): readonly string[] {
  const lines = listed.split("\n").map((line) => line.split("\t") as [string, string?]);
  const objectOf = (name: string) => lines.find(([, listedName]) => listedName === name)?.[0];
  for (const name of [ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`]) {
    const object = objectOf(name);
    const commit = objectOf(`${name}^{}`);
    if (object !== undefined) return commit === undefined ? [object] : [commit, object];
  }
  return [];
}

/**
 * Checks a commit out into an empty folder, with its submodules and nothing of the history.
 *
 * @throws StrakeError `git-failed`
 */
export async function checkOutCommit(
  repository: GitRepository,
  commit: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const inside = (...args: readonly string[]) => git(repository, ["-C", folder, ...args], signal);
  await git(repository, ["init", "-q", folder], signal);
  // What the addresses of submodules are relative to.
  await inside("remote", "add", "--", "origin", repository.url);
  const fetching = ["fetch", "-q", "--depth", "1", "--", "origin"];
  // Not every server gives a commit by its name; then the ref is asked for.
  await inside(...fetching, commit).catch(() => inside(...fetching, repository.ref ?? "HEAD"));
  await inside("checkout", "-q", commit);
  if (repository.submodules === false) return;
  await inside("submodule", "-q", "update", "--init", "--recursive", "--depth", "1");
}

/**
 * Finds a folder of what was checked out; the way to it may have no links, which could lead anywhere.
 *
 * @throws StrakeError `git-failed`
 */
export function checkedOutFolder(repository: GitRepository, folder: string, subdirectory: string | undefined): string {
  let path = folder;
  for (const part of subdirectory?.split("/") ?? []) {
    path = join(path, part);
    if (part === ".." || !lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw gitFailure(repository, `it has no folder ${subdirectory}`);
    }
  }
  return path;
}

/** Makes the error of a repository that cannot be had; a password in its address is left out. */
function gitFailure({ url }: GitRepository, why: string): StrakeError {
  const message = `cannot get ${url}: ${why}`.replace(/\/\/[^@/\s]*@/g, "//");
  return new StrakeError({ code: "git-failed", message });
}

/** Runs the `git` program of this machine, without this user's settings. */
async function git(
  repository: GitRepository,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", [...args], {
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", HOME: tmpdir() },
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw gitFailure(repository, "the program git is not installed");
    }
    throw gitFailure(repository, String((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim());
  }
}
