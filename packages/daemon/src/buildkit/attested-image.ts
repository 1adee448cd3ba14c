import {
  type BlobStore,
  type Descriptor,
  type Digest,
  type Image,
  isIndexType,
  manifestSizeLimit,
  parseImageIndex,
  readBlob,
  readImage,
} from "@strake/oci";
import { DaemonError } from "../daemon-error.ts";

/** An image, and what the daemon that made it attests of it. */
export interface AttestedImage {
  readonly image: Image;
  /** Manifests of attestations, which are kept where the image is. */
  readonly attestations: readonly Descriptor[];
}

/** How BuildKit marks the manifests of attestations in an index (docs/attestations/attestation-storage.md). */
const referenceType = "vnd.docker.reference.type";

/** Reads what an exporter has written: an image, or an index of one and its attestations. */
export async function readAttested(blobs: BlobStore, { digest, mediaType }: Descriptor): Promise<AttestedImage> {
  if (!isIndexType(mediaType)) return { image: await readImage(blobs, digest as Digest), attestations: [] };
  const what = "the index of the image";
  const { manifests } = parseImageIndex(await readBlob(blobs, digest as Digest, manifestSizeLimit, what), what);
  const isAttestation = ({ annotations }: Descriptor) => annotations?.[referenceType] === "attestation-manifest";
  const [image] = manifests.filter((each) => !isAttestation(each));
  if (image === undefined) throw new DaemonError("refused", `${what} ${digest} names no image`);
  return { image: await readImage(blobs, image.digest as Digest), attestations: manifests.filter(isAttestation) };
}

/** Tells whether the attributes of a solve ask for attestations. */
export function asksAttestations(attributes: Readonly<Record<string, string>>): boolean {
  return Object.keys(attributes).some((name) => name.startsWith("attest:"));
}

/**
 * Refuses attestations of a daemon that would leave them out without a word.
 *
 * @throws DaemonError `unsupported`
 */
export function checkAttests(attributes: Readonly<Record<string, string>>, address: string): void {
  if (!asksAttestations(attributes)) return;
  throw new DaemonError("unsupported", `the BuildKit of ${address} is older than 0.11 and makes no attestations`, {
    hint: "Update it (a Docker Engine to 23 or later), or build with another.",
  });
}
