import { type Digest, isDigest } from "@strake/oci";

/** The digests of the blobs that a manifest names; an index, or what is neither, names none. */
export function blobsNamed(manifest: Uint8Array): readonly Digest[] {
  try {
    const { config, layers } = JSON.parse(new TextDecoder().decode(manifest)) as Named;
    const digests = [config, ...(layers ?? [])].map((each) => each?.digest);
    return digests.filter((digest) => isDigest(digest));
  } catch {
    return [];
  }
}

interface Named {
  readonly config?: { readonly digest?: string };
  readonly layers?: readonly { readonly digest?: string }[];
}
