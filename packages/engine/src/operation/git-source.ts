import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { digestOf, type OperationSource, StrakeError } from "@strake/core";
import { localTree } from "@strake/core/context";
import { type Digest, type Entry, type FileTree, layerFromBlob, mediaType, writeTar } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { storedLayer } from "./stored-layer.ts";

type GitSource = Extract<OperationSource, { type: "git" }>;

const run = promisify(execFile);

/**
 * Checks a git repository out, as ADD of one does, with the `git` program of this machine.
 *
 * The files of a commit are kept, so that a commit is fetched once.
 */
export async function solveGit(context: SolveContext, source: GitSource): Promise<SolvedLayer> {
  const commit = await findCommit(context, source);
  if (source.checksum !== undefined && !commit.startsWith(source.checksum)) {
    throw failure(source, `${source.ref ?? "HEAD"} is the commit ${commit}, not ${source.checksum}`);
  }
  const { url: _url, ref: _ref, checksum: _checksum, ...rest } = source;
  const key = digestOf({ git: rest, commit });
  const known = context.store.actions.get(key);
  const home = known !== undefined && (await context.store.blobs.has(known.diffId)) ? context.store : context.spool;
  const diffId =
    home === context.store && known !== undefined ? known.diffId : await checkOut(context, source, commit, key);
  const size = (await home.blobs.size(diffId)) ?? 0;
  const layer = layerFromBlob(home.blobs, { mediaType: mediaType.ociLayer, digest: diffId, size }, diffId);
  return storedLayer(context, layer, diffId);
}

async function findCommit(context: SolveContext, source: GitSource): Promise<string> {
  const ref = source.ref ?? "HEAD";
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  const listed = await git(context, source, ["ls-remote", source.url, ref, `${ref}^{}`]);
  // An annotated tag has a second line, for the commit that it points to.
  const lines = listed.trim().split("\n").filter(Boolean);
  const commit = (lines.find((line) => line.endsWith("^{}")) ?? lines[0])?.split("\t")[0];
  if (commit === undefined) throw failure(source, `there is no ${ref}`);
  return commit;
}

async function checkOut(context: SolveContext, source: GitSource, commit: string, key: Digest): Promise<Digest> {
  const folder = await mkdtemp(join(tmpdir(), "strake-git-"));
  try {
    await git(context, source, ["init", "-q", folder]);
    const fetchArguments = ["-C", folder, "fetch", "-q", "--depth", "1", source.url];
    // Not every server gives a commit by its name; then the ref is asked for.
    await git(context, source, [...fetchArguments, commit]).catch(() =>
      git(context, source, [...fetchArguments, source.ref ?? "HEAD"]),
    );
    await git(context, source, ["-C", folder, "checkout", "-q", commit]);
    await git(context, source, ["-C", folder, "submodule", "-q", "update", "--init", "--recursive", "--depth", "1"]);
    const root = source.subdirectory === undefined ? folder : join(folder, source.subdirectory);
    const entries = listTree(localTree(root), source.keepGitDir ?? false);
    const { digest, size } = await context.spool.blobs.add(
      inTurns(writeTar(entries, { epoch: context.plan.image.epoch })),
    );
    if (!context.readOnly) context.store.actions.set(key, { diffId: digest, length: size });
    return digest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function listTree(tree: FileTree, keepGitDir: boolean, folder = ""): Entry[] {
  return tree.children(folder).flatMap((name) => {
    if (name === ".git" && !keepGitDir) return [];
    const path = folder === "" ? name : `${folder}/${name}`;
    const entry = tree.get(path) as Entry;
    return entry.type === "directory" ? [entry, ...listTree(tree, keepGitDir, path)] : [entry];
  });
}

async function* inTurns(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function git(context: SolveContext, source: GitSource, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run("git", [...args], {
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", HOME: tmpdir() },
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    return stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw failure(source, "the program git is not installed");
    throw failure(source, String((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim());
  }
}

function failure(source: GitSource, why: string): StrakeError {
  return new StrakeError({ code: "git-failed", message: `cannot add ${source.url}: ${why}` });
}
