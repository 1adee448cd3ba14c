import { project } from "../../support/project.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { gitPerson, serveGit } from "../../support/serve-git.ts";

/**
 * Serves a git repository with a tag `v1`, branches `main` and `other`, and a branch `modules`, of which a folder is the
 * repository's own first commit; it ends with the test file.
 */
export async function serveRepository(): Promise<{ readonly REPO: string; readonly COMMIT: string }> {
  const work = project({ "r.txt": "one\n", "sub/s.txt": "s\n", "run.sh": "#!/bin/sh\n" });
  const git = (...args: string[]): Promise<string> => runOrThrow("git", ["-C", work, ...args], { env: gitPerson });
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-qm", "one");
  await git("tag", "v1");
  const commit = (await git("rev-parse", "HEAD")).trim();
  project({ "r.txt": "two\n" }, work);
  await git("commit", "-qam", "two");
  await git("checkout", "-qb", "other", "v1");
  project({ "sub/t.txt": "t\n" }, work);
  await git("add", ".");
  await git("commit", "-qm", "other");
  await git("checkout", "-qb", "modules", "v1");
  project({ ".gitmodules": '[submodule "one"]\n\tpath = mod/one\n\turl = ../repo.git\n' }, work);
  await git("add", ".");
  await git("update-index", "--add", "--cacheinfo", `160000,${commit},mod/one`);
  await git("commit", "-qm", "modules");
  await git("tag", "-a", "main", "-m", "a tag that is called as a branch");
  await git("switch", "-q", "main");
  return { REPO: await serveGit(work), COMMIT: commit };
}
