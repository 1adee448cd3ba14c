import { resolve } from "node:path";
import {
  type BlobStore,
  type Descriptor,
  describeNames,
  describeTag,
  imageDescriptor,
  type Platform,
  parseReference,
  type Reference,
  updateOciLayout,
  writeBlobArchive,
  writeDockerArchive,
  writeOciArchive,
  writeOciLayout,
} from "@strake/oci";
import {
  type ContentSource,
  counted,
  listDocuments,
  pushTree,
  readContentTree,
  type TreeDocument,
  type WatchBlobs,
  watched,
} from "@strake/registry";
import { PushedBlobs } from "../pushed-blobs.ts";
import type { Workspace } from "../workspace.ts";
import { type CopySource, openSource } from "./open-source.ts";
import type { CopyPlace } from "./parse-place.ts";

/** How a copy is made. */
export interface CopyOptions {
  /** The image for one platform; without it, all that an index names. */
  readonly platform?: Platform | undefined;
  readonly watch: WatchBlobs;
  readonly signal: AbortSignal;
}

/** What a copy came to. */
export interface Copied {
  /** Absent where the place keeps no manifests. */
  readonly digest?: string;
  readonly unchanged: boolean;
}

/** Copies an image, or all images of an index, from one place to another; nothing goes through the local store. */
export async function copyImage(
  workspace: Workspace,
  from: CopyPlace,
  to: CopyPlace,
  options: CopyOptions,
): Promise<Copied> {
  const source = await openSource(workspace, from);
  try {
    if (to.type === "registry") {
      const { registry } = to.reference;
      // What is known is made use of; a copy leaves nothing here.
      const known = new PushedBlobs(workspace.settings.home, registry, { readOnly: true });
      const pusher = (await workspace.registry()).client(registry).pusher([], known);
      if (source.content !== undefined) return await pushTree(pusher, source.content, to.reference, options);
      return await pusher.push([await source.image(options.platform)], to.reference, options.watch);
    }
    if (to.type === "docker-daemon") return await copyToEngine(workspace, source, to.reference, options);
    return await copyToFile(source, from, to, options);
  } finally {
    await source.close();
  }
}

async function copyToFile(
  source: CopySource,
  from: CopyPlace,
  to: Exclude<CopyPlace, { reference: Reference }>,
  options: CopyOptions,
): Promise<Copied> {
  const path = resolve(to.path);
  if (to.type !== "docker-archive" && source.content !== undefined) {
    return to.type === "oci"
      ? await copyToLayout(source.content, path, named(to.name), options)
      : await copyToArchive(source.content, path, named(to.name), options);
  }
  const image = await source.image(options.platform);
  const own = "reference" in from ? [from.reference] : [];
  const names = to.name === undefined ? own : [parseReference(to.name)];
  const { signal } = options;
  if (to.type === "docker-archive") {
    await writeDockerArchive(path, image, names, { signal });
    return { unchanged: false };
  }
  const write = to.type === "oci" ? writeOciLayout : writeOciArchive;
  await write(path, image, names, { signal });
  return { digest: (await imageDescriptor(image)).digest, unchanged: false };
}

async function copyToEngine(
  workspace: Workspace,
  source: CopySource,
  name: Reference,
  { platform, signal }: CopyOptions,
): Promise<Copied> {
  const { DockerEngine } = await import("@strake/daemon");
  const { address, tls } = workspace.settings.docker();
  return { unchanged: await new DockerEngine(address, tls).load(await source.image(platform), [name], signal) };
}

/** What the index of a layout says of what is copied there. */
export type DescribeCopy = (descriptor: Descriptor) => readonly Descriptor[];

/** Copies what a source has into the folder of a layout. */
export async function copyToLayout(
  content: ContentSource,
  path: string,
  describe: DescribeCopy,
  { platform, watch, signal }: CopyOptions,
): Promise<Copied> {
  const root = await readContentTree(content, { platform });
  const documents = listDocuments(root);
  const store = async (blobs: BlobStore): Promise<readonly Descriptor[]> => {
    const put = (blob: Descriptor): Promise<unknown> => {
      const watcher = watch(blob);
      return watched(watcher, async () => {
        if (await blobs.has(blob.digest)) return "there";
        await blobs.put(blob.digest, untilInterrupted(counted(content.blob(blob), watcher), signal));
        return "sent";
      });
    };
    const putting = blobsOf(documents).map(put);
    // Nothing may still be writing when the caller learns of a failure.
    await Promise.allSettled(putting);
    await Promise.all(putting);
    for (const { descriptor, bytes } of documents) await blobs.put(descriptor.digest, bytes);
    return describe(root.descriptor);
  };
  await updateOciLayout(path, store, { signal });
  return { digest: root.descriptor.digest, unchanged: false };
}

/** Copies what a source has into a tar of a layout. */
export async function copyToArchive(
  content: ContentSource,
  path: string,
  describe: DescribeCopy,
  { platform, watch, signal }: CopyOptions,
): Promise<Copied> {
  const root = await readContentTree(content, { platform });
  const documents = listDocuments(root);
  const bytesOf = async function* (blob: Descriptor) {
    const watcher = watch(blob);
    yield* counted(content.blob(blob), watcher);
    watcher.ended("sent");
  };
  const blobs = blobsOf(documents);
  const members = [
    ...blobs.map((blob) => ({ ...blob, open: () => bytesOf(blob) })),
    ...documents.map(({ descriptor, bytes }) => ({ ...descriptor, open: () => asStream(bytes) })),
  ];
  await writeBlobArchive(path, members, describe(root.descriptor), { signal });
  return { digest: root.descriptor.digest, unchanged: false };
}

/** What documents name, each once: images of several platforms may share their files. */
function blobsOf(documents: readonly TreeDocument[]): readonly Descriptor[] {
  return [...new Map(documents.flatMap(({ blobs }) => blobs.map((blob) => [blob.digest, blob]))).values()];
}

/** What the index of a layout names; a tag alone is written as one, anything longer as a name. */
function named(name: string | undefined): DescribeCopy {
  if (name === undefined) return (descriptor) => [descriptor];
  return (descriptor) =>
    /[/:]/.test(name) ? describeNames(descriptor, [parseReference(name)]) : [describeTag(descriptor, name)];
}

async function* untilInterrupted(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    yield chunk;
  }
}

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
