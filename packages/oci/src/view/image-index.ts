import type { Descriptor } from "../document/descriptor.ts";
import { type ImageIndex, printImageIndex } from "../document/image-index.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import { isIndexType, isManifestType, mediaType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import { matchesPlatform, type Platform, parsePlatform, printPlatform } from "../platform.ts";
import { imageDescriptor } from "./assemble.ts";

/** What an index says besides its images. */
export interface ImageIndexOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whose media types the index has; where absent, Docker's if all of its images have those. */
  readonly mediaTypes?: "oci" | "docker";
}

/** An index with its descriptor. */
export interface DescribedIndex {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

/** Prints the index of several images, and describes it. */
export async function describedIndexFrom(images: readonly Image[]): Promise<DescribedIndex> {
  const mediaTypes = (await areDockers(images)) ? "docker" : "oci";
  const type = mediaTypes === "docker" ? mediaType.dockerIndex : mediaType.ociIndex;
  const bytes = await imageIndexFrom(images, { mediaTypes });
  return { bytes, descriptor: { mediaType: type, digest: sha256(bytes), size: bytes.length } };
}

async function areDockers(images: readonly Image[]): Promise<boolean> {
  for (const image of images) if ((await image.manifest()).mediaType !== mediaType.dockerManifest) return false;
  return true;
}

/** Prints the index of several images, in their order. */
export async function imageIndexFrom(images: readonly Image[], options: ImageIndexOptions = {}): Promise<Uint8Array> {
  const manifests: Descriptor[] = [];
  for (const image of images) manifests.push(await imageDescriptor(image));
  const { mediaTypes = (await areDockers(images)) ? "docker" : "oci" } = options;
  return printImageIndex({
    schemaVersion: 2,
    mediaType: mediaTypes === "docker" ? mediaType.dockerIndex : mediaType.ociIndex,
    manifests,
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  });
}

/**
 * Chooses the manifest of an index for a platform: of those that run there, the one that fits most exactly.
 *
 * Among equals the first wins. Attestations, which stand under `unknown/unknown`, are never chosen; a manifest without
 * a platform is only where nothing else fits.
 *
 * @param what what the index is of, for the error
 * @throws OciError `no-matching-platform`, listing the platforms that there are
 */
export function choosePlatform(index: ImageIndex, wanted: Platform, what: string): Descriptor {
  const images = index.manifests.filter(isImage);
  let best: { readonly descriptor: Descriptor; readonly score: number } | undefined;
  for (const descriptor of images) {
    const score = exactness(descriptor.platform, wanted);
    if (score !== undefined && score > (best?.score ?? -1)) best = { descriptor, score };
  }
  if (best !== undefined) return best.descriptor;
  const offered = images.flatMap(({ platform }) => (platform === undefined ? [] : [printPlatform(platform)]));
  const list = offered.length === 0 ? "it names none" : `there is ${[...new Set(offered)].join(", ")}`;
  throw new OciError("no-matching-platform", `${what} has no image for ${printPlatform(wanted)}; ${list}`);
}

/** The platforms that an index has images for, in its order. */
export function indexPlatforms(index: ImageIndex): readonly Platform[] {
  return index.manifests.filter(isImage).flatMap(({ platform }) => (platform === undefined ? [] : [platform]));
}

function isImage({ mediaType: type, platform }: Descriptor): boolean {
  if (!isManifestType(type) && !isIndexType(type)) return false;
  return platform === undefined || platform.os !== "unknown" || platform.architecture !== "unknown";
}

/** How exactly an offer fits, higher being better; undefined where it does not run. */
function exactness(offered: Platform | undefined, wanted: Platform): number | undefined {
  if (offered === undefined) return 0;
  if (!matchesPlatform(offered, wanted)) return undefined;
  const left = normal(offered);
  const right = normal(wanted);
  const variant = left.variant === right.variant ? 1000 : Number(left.variant?.replace(/^v/, "")) || 0;
  return 1 + 2 * variant + (offered.osVersion === wanted.osVersion ? 1 : 0);
}

function normal(platform: Platform): Platform {
  return parsePlatform(printPlatform(platform));
}
