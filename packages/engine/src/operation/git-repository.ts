import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { StrakeError } from "@strake/core";

/** A repository, and what of it is wanted. */
export interface GitRepository {
  readonly url: string;
  /** A branch, a tag or a commit; what the repository has checked out where absent. */
  readonly ref?: string;
}

/**
 * Finds the commit that a repository's ref stands for.
 *
 * @throws StrakeError `git-failed`
 */
export async function findCommit(repository: GitRepository, signal: AbortSignal | undefined): Promise<string> {
  const ref = repository.ref ?? "HEAD";
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  const listed = await git(repository, ["ls-remote", repository.url, ref, `${ref}^{}`], signal);
  // An annotated tag has a second line, for the commit that it points to.
  const lines = listed.trim().split("\n").filter(Boolean);
  const commit = (lines.find((line) => line.endsWith("^{}")) ?? lines[0])?.split("\t")[0];
  if (commit === undefined) throw gitFailure(repository, `there is no ${ref}`);
  return commit;
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
  const fetching = ["fetch", "-q", "--depth", "1", repository.url];
  // Not every server gives a commit by its name; then the ref is asked for.
  await inside(...fetching, commit).catch(() => inside(...fetching, repository.ref ?? "HEAD"));
  await inside("checkout", "-q", commit);
  await inside("submodule", "-q", "update", "--init", "--recursive", "--depth", "1");
}

/** Makes the error of a repository that cannot be had. */
export function gitFailure({ url }: GitRepository, why: string): StrakeError {
  return new StrakeError({ code: "git-failed", message: `cannot get ${url}: ${why}` });
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
