import {
  choosePlatform,
  type Descriptor,
  type Digest,
  isImageIndex,
  type Manifest,
  matchesPlatform,
  mediaType,
  type Platform,
  parseImageConfig,
  parseManifestOrIndex,
  printPlatform,
  sha256,
} from "@strake/oci";
import { RegistryError } from "../registry-error.ts";
import type { ContentSource, SourceDocument } from "./content-source.ts";

/** A manifest or an index, and where it stands in what is copied. */
export interface TreeDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** The blobs that a manifest names; an index names none. */
  readonly blobs: readonly Descriptor[];
  /** The documents that an index names. */
  readonly children: readonly TreeDocument[];
}

/** How much of a source is copied, and what may be left out. */
export interface TreeOptions {
  /** The image for one platform instead of all that an index names. */
  readonly platform?: Platform | undefined;
  /** Whether the target has a document with everything below it, which is not read then. */
  readonly isThere?: (digest: Digest) => Promise<boolean>;
}

/** Indexes may hold indexes (OCI image spec, "Image Index"); nobody nests them deeper than this. */
const deepest = 3;

/**
 * Reads the documents of an image, or of all images of an index; blobs are only named.
 *
 * Documents are kept byte by byte, so that whatever is not understood here is copied too.
 *
 * @throws RegistryError, OciError `no-matching-platform`, `invalid-document`
 */
export async function readContentTree(source: ContentSource, options: TreeOptions = {}): Promise<TreeDocument> {
  const named = await source.document();
  if (options.platform === undefined) return readDocument(source, named, undefined, options, 0);
  return readDocument(source, await forPlatform(source, named, options.platform), undefined, {}, 0);
}

async function readDocument(
  source: ContentSource,
  found: SourceDocument,
  described: Descriptor | undefined,
  options: TreeOptions,
  depth: number,
): Promise<TreeDocument> {
  const { bytes } = found;
  const document = parseManifestOrIndex(bytes, `the manifest of ${source.name}`);
  const descriptor = described ?? {
    mediaType: found.mediaType || document.mediaType,
    digest: sha256(bytes),
    size: bytes.length,
  };
  if (!isImageIndex(document)) return { descriptor, bytes, blobs: blobsOf(document), children: [] };
  if (depth >= deepest) {
    throw new RegistryError(
      "unsupported-image",
      `the index of ${source.name} is nested deeper than ${deepest} indexes`,
    );
  }
  const children = await Promise.all(
    document.manifests.map(async (child): Promise<TreeDocument> => {
      if (await options.isThere?.(child.digest)) {
        return { descriptor: child, bytes: new Uint8Array(), blobs: [], children: [] };
      }
      return readDocument(source, await source.document(child.digest), child, options, depth + 1);
    }),
  );
  return { descriptor, bytes, blobs: [], children };
}

/** Layers that are to be had elsewhere are not distributed (OCI image spec, "Non-Distributable Layers"). */
function blobsOf({ config, layers }: Manifest): readonly Descriptor[] {
  const own = layers.filter(({ mediaType: type }) => !/nondistributable|foreign/.test(type));
  // The empty descriptor and layers that an image has twice are blobs like any other, once.
  return [...new Map([config, ...own].map((blob) => [blob.digest, blob])).values()];
}

async function forPlatform(source: ContentSource, named: SourceDocument, platform: Platform): Promise<SourceDocument> {
  let found = named;
  for (let depth = 0; depth <= deepest; depth++) {
    const document = parseManifestOrIndex(found.bytes, `the manifest of ${source.name}`);
    if (!isImageIndex(document)) {
      // An index says for which platform each image is; of an image that stands alone, only its config does.
      if (depth === 0) await checkPlatform(source, document, platform);
      return found;
    }
    found = await source.document(choosePlatform(document, platform, source.name).digest);
  }
  throw new RegistryError("unsupported-image", `the index of ${source.name} is nested deeper than ${deepest} indexes`);
}

async function checkPlatform(source: ContentSource, { config }: Manifest, wanted: Platform): Promise<void> {
  if (config.mediaType !== mediaType.ociConfig && config.mediaType !== mediaType.dockerConfig) return;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.blob(config)) chunks.push(chunk);
  const { os, architecture, variant } = parseImageConfig(Buffer.concat(chunks), `the config of ${source.name}`);
  if (os === "" || architecture === "") return;
  const offered: Platform = { os, architecture, ...(variant ? { variant } : {}) };
  if (matchesPlatform(offered, wanted)) return;
  throw new RegistryError(
    "no-matching-platform",
    `${source.name} is an image for ${printPlatform(offered)}, not for ${printPlatform(wanted)}`,
  );
}

/** All documents of a tree, those that others name before those. */
export function listDocuments(root: TreeDocument): readonly TreeDocument[] {
  return [...root.children.flatMap(listDocuments), root];
}
