import { join } from "node:path";
import { FileWriter } from "../blob-store/file-writer.ts";
import type { Layer } from "../layer/layer.ts";
import { indexTar } from "../tar/index-tar.ts";
import type { Content, Entry } from "../tree/entry.ts";
import { type ListedTree, layerTree } from "../tree/layer-tree.ts";

/** What a container of an image would see. */
export interface FlatTree {
  readonly tree: ListedTree;
  /** Everything in the tree but its root, in tree order, with hard links as links to the first of their names. */
  readonly entries: readonly Entry[];
}

/**
 * Lays the layers of an image over each other.
 *
 * @param spool a folder of the caller's where the layers that are no recipes are kept unpacked, so that files have
 *   content; without one, only recipes' files have it. The caller removes the folder.
 * @throws OciError `invalid-tar`, `unsafe-path`, `invalid-compression`, `digest-mismatch`
 */
export async function flatten(layers: readonly Layer[], spool?: string): Promise<FlatTree> {
  const indexing = layers.map((layer, at) =>
    indexLayer(layer, spool === undefined ? undefined : join(spool, `${at}.tar`)),
  );
  // Nobody may still write to the spool when the caller learns of a failure and removes it.
  await Promise.allSettled(indexing);
  const indexes = await Promise.all(indexing);
  const tree = layerTree(indexes);
  return { tree, entries: withLinks(tree.entries(), linkedContents(indexes)) };
}

async function indexLayer(layer: Layer, spooled: string | undefined): Promise<readonly Entry[]> {
  if (layer.entries !== undefined) return layer.entries();
  if (spooled === undefined) return indexTar(layer.uncompressed());
  const writer = await FileWriter.create(spooled);
  try {
    const entries = await indexTar(copied(layer.uncompressed(), writer), spooled);
    await writer.flush();
    return entries;
  } finally {
    await writer.close();
  }
}

async function* copied(source: AsyncIterable<Uint8Array>, writer: FileWriter): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    await writer.write(chunk);
    yield chunk;
  }
}

/** The contents of files that hard links of their own layer name. */
function linkedContents(layers: readonly (readonly Entry[])[]): ReadonlySet<Content> {
  const linked = new Set<Content>();
  for (const layer of layers) {
    const named = new Set(layer.flatMap((entry) => (entry.type === "hardlink" ? [entry.linkname] : [])));
    if (named.size === 0) continue;
    for (const { path, content } of layer) if (content !== undefined && named.has(path)) linked.add(content);
  }
  return linked;
}

/** A tree has files where a layer had hard links; those that share their content are made links again. */
function withLinks(entries: readonly Entry[], linked: ReadonlySet<Content>): readonly Entry[] {
  if (linked.size === 0) return entries;
  const first = new Map<Content, string>();
  return entries.map((entry) => {
    const { path, content, digest: _, xattrs: __, ...rest } = entry;
    if (content === undefined || !linked.has(content)) return entry;
    const linkname = first.get(content);
    if (linkname !== undefined) return { ...rest, path, type: "hardlink", size: 0, linkname };
    first.set(content, path);
    return entry;
  });
}
