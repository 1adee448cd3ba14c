import { type BlobStore, type Digest, type Image, type Layer, OciError, sha256 } from "@strake/oci";

/** An image as a place of blobs: its manifest, its config and its layers, made when they are read. */
export async function imageBlobs(image: Image): Promise<BlobStore> {
  const documents = new Map<Digest, Uint8Array>();
  for (const bytes of [await image.rawManifest(), await image.rawConfig()]) documents.set(sha256(bytes), bytes);
  const layers = new Map<Digest, { readonly layer: Layer; readonly size: number }>();
  const { layers: descriptors } = await image.manifest();
  (await image.layers()).forEach((layer, at) => {
    const descriptor = descriptors[at];
    if (descriptor !== undefined) layers.set(descriptor.digest, { layer, size: descriptor.size });
  });
  const size = async (digest: Digest) => documents.get(digest)?.length ?? layers.get(digest)?.size;
  const refuse = async (): Promise<never> => {
    throw new OciError("not-found", "nothing can be put into an image that is there");
  };
  return {
    size,
    has: async (digest) => (await size(digest)) !== undefined,
    async *get(digest) {
      const document = documents.get(digest);
      const layer = layers.get(digest)?.layer;
      if (document !== undefined) yield document;
      else if (layer !== undefined) yield* layer.compressed();
      else throw new OciError("not-found", `the image has no blob ${digest}`);
    },
    put: refuse,
    add: refuse,
  };
}
