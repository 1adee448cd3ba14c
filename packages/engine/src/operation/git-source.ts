import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, type OperationSource } from "@strake/core";
import { localTree } from "@strake/core/context";
import { type Digest, type Entry, type FileTree, layerFromBlob, mediaType, writeTar } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { checkedOutFolder, checkOutCommit, findCommit } from "./git-repository.ts";
import { storedLayer } from "./stored-layer.ts";

type GitSource = Extract<OperationSource, { type: "git" }>;

/**
 * Checks a git repository out, as ADD of one does, with the `git` program of this machine.
 *
 * The files of a commit are kept, so that a commit is fetched once.
 */
export async function solveGit(context: SolveContext, source: GitSource): Promise<SolvedLayer> {
  const commit = await findCommit(source, context.signal);
  const { url: _url, ref: _ref, checksum: _checksum, ...rest } = source;
  const key = digestOf({ git: rest, commit });
  const known = context.store.actions.get(key);
  const home = known !== undefined && (await context.store.blobs.has(known.diffId)) ? context.store : context.spool;
  if (known !== undefined && !context.readOnly) context.store.actions.touch(key);
  const diffId =
    home === context.store && known !== undefined ? known.diffId : await checkOut(context, source, commit, key);
  const size = (await home.blobs.size(diffId)) ?? 0;
  const layer = layerFromBlob(home.blobs, { mediaType: mediaType.ociLayer, digest: diffId, size }, diffId);
  return storedLayer(context, layer, diffId);
}

async function checkOut(context: SolveContext, source: GitSource, commit: string, key: Digest): Promise<Digest> {
  const folder = await mkdtemp(join(tmpdir(), "strake-git-"));
  try {
    await checkOutCommit(source, commit, folder, context.signal);
    const root = checkedOutFolder(source, folder, source.subdirectory);
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
    // In submodules too, where it is a file that names a folder which is not there.
    if (name === ".git" && !keepGitDir) return [];
    const path = folder === "" ? name : `${folder}/${name}`;
    const entry = tree.get(path) as Entry;
    return entry.type === "directory" ? [entry, ...listTree(tree, keepGitDir, path)] : [entry];
  });
}

async function* inTurns(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
