import type { Descriptor, Reference } from "@strake/oci";
import type { Pushed, Pusher } from "../push/pusher.ts";
import type { WatchBlobs } from "../push/watch-blobs.ts";
import { RegistryError } from "../registry-error.ts";
import type { ContentSource } from "./content-source.ts";
import { readContentTree, type TreeDocument, type TreeOptions } from "./content-tree.ts";

/** What becomes of a copy, as it becomes of it. */
export interface PushTreeOptions extends Pick<TreeOptions, "platform"> {
  /** Watches each blob on its way. */
  readonly watch?: WatchBlobs | undefined;
}

/**
 * Copies what a source has to a registry, without keeping or unpacking any of it: bytes and digests stay what they are.
 *
 * A blob that the registry has already is not sent, and one in another of its repositories is taken over from there.
 * Nothing is named before all that it names is there.
 *
 * @throws RegistryError, and OciError for documents that are none
 */
export async function pushTree(
  pusher: Pusher,
  source: ContentSource,
  target: Reference,
  { platform, watch }: PushTreeOptions = {},
): Promise<Pushed> {
  const { repository } = target;
  const isThere = (digest: string) => pusher.has(repository, digest);
  const root = await readContentTree(source, { platform, isThere });
  const { digest } = root.descriptor;
  if (target.digest !== undefined && target.digest !== digest) {
    throw new RegistryError("digest-mismatch", `${source.name} has the digest ${digest}, not ${target.digest}`, {
      hint: "Leave the digest out of the name of the copy.",
    });
  }
  if (await pusher.names(target, digest)) return { digest, unchanged: true };
  // A mount within one repository would be a question that has been asked already.
  const elsewhere = source.place?.registry === target.registry && source.place.repository !== repository;
  const from = elsewhere ? [source.place.repository] : [];
  const blobs = new Map(blobsBelow(root).map((blob) => [blob.digest, blob]));
  await pusher.believing(repository, async () => {
    const send = (blob: Descriptor) => pusher.sendBlob(repository, blob, () => source.blob(blob), from, watch);
    await Promise.all([...blobs.values()].map(send));
    await putDocuments(pusher, repository, root, target.tag);
  });
  return { digest, unchanged: false };
}

function blobsBelow(document: TreeDocument): readonly Descriptor[] {
  return [...document.blobs, ...document.children.flatMap(blobsBelow)];
}

async function putDocuments(
  pusher: Pusher,
  repository: string,
  { descriptor, bytes, children }: TreeDocument,
  tag?: string,
): Promise<void> {
  for (const child of children) await putDocuments(pusher, repository, child);
  // One that was there was not read.
  if (bytes.length > 0) await pusher.putManifest(repository, tag ?? descriptor.digest, bytes, descriptor.mediaType);
}
