import { type OperationSource, StrakeError } from "@strake/core";
import {
  createHasher,
  type Digest,
  decompress,
  type Image,
  indexTar,
  packedLayer,
  readFileChunks,
  verified,
} from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import { type Solved, type SolvedLayer, SolvedLayers } from "../solve/solved.ts";
import { solveGit } from "./git-source.ts";
import { solveHttp } from "./http-source.ts";
import { storedLayer } from "./stored-layer.ts";

/** Finds what comes from outside; nothing but manifests and configs is read until a step needs more. */
export async function solveSource(context: SolveContext, source: OperationSource): Promise<Solved> {
  switch (source.type) {
    case "local":
      return { kind: "folder", name: source.name, root: localPath(context, source.name) };
    case "image":
      return solveImage(context, await context.openImage(source, undefined));
    case "ociLayout":
    case "archive":
      return solveImage(context, await context.openImage(source, localPath(context, source.path)));
    case "rootfs":
      return new SolvedLayers([await solveRootfs(context, localPath(context, source.path), source.digest)]);
    case "http":
      return new SolvedLayers([await solveHttp(context, source)]);
    case "git":
      return new SolvedLayers([await solveGit(context, source)]);
  }
}

async function solveImage(context: SolveContext, image: Image): Promise<SolvedLayers> {
  const { rootfs } = await image.config();
  const layers = await image.layers();
  return new SolvedLayers(layers.map((layer, at) => storedLayer(context, layer, rootfs.diff_ids[at] as Digest)));
}

/** A root file system tar is a layer as it stands; its diff id is found once and kept by the digest of the file. */
async function solveRootfs(context: SolveContext, path: string, digest: Digest): Promise<SolvedLayer> {
  const open = () => decompress(verified(readFileChunks(path), { digest }, path), path);
  const known = context.store.actions.get(digest);
  if (known !== undefined && !context.readOnly) context.store.actions.touch(digest);
  const { diffId, length } = known ?? (await readRootfs(context, open(), digest));
  const layer = packedLayer({ open, compression: "none", known: { diffId, digest: diffId, size: length } });
  return storedLayer(context, layer, diffId);
}

/** Reads the tar once, from end to end: what is no tar is found out before anything stands on it. */
async function readRootfs(context: SolveContext, tar: AsyncIterable<Uint8Array>, digest: Digest) {
  const hasher = createHasher();
  let length = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of tar) {
      hasher.update(chunk);
      length += chunk.length;
      yield chunk;
    }
  }
  const entries = await indexTar(hashed(), "");
  const found = { diffId: hasher.digest(), length };
  if (!context.readOnly) {
    context.store.keepLayerIndex(found.diffId, entries);
    context.store.actions.set(digest, found);
  }
  return found;
}

function localPath(context: SolveContext, name: string): string {
  const path = context.locals.get(name);
  if (path !== undefined) return path;
  throw new StrakeError({
    code: "unbound-local",
    message: `the plan names the folder "${name}", and the build was not told where it is`,
  });
}
