import type { BlobStore } from "../blob-store/blob-store.ts";
import type { Descriptor } from "../document/descriptor.ts";
import type { Image } from "../image.ts";
import { OciError } from "../oci-error.ts";
import type { Platform } from "../platform.ts";
import { familiarReference, parseReference, printReference } from "../reference.ts";

/** A folder or a file that holds images. */
export interface ImageFile {
  readonly format: "oci-layout" | "oci-archive" | "docker-archive";
  readonly images: readonly StoredImage[];
  /** The blobs as they are, manifests among them; absent in Docker's own format, which has none. */
  readonly blobs?: BlobStore;
  /** Removes what was unpacked for reading; images of the file cannot be read any more then. */
  close(): Promise<void>;
}

/** An image, or an index of images, in a folder or a file. */
export interface StoredImage {
  /** As they are written there: whole names, or only a tag. */
  readonly names: readonly string[];
  /** What the index points to; absent in Docker's own format, which has no manifests. */
  readonly descriptor?: Descriptor;
  /** The platforms that there are images for, as far as an index names them. */
  platforms(): Promise<readonly Platform[]>;
  /**
   * Reads the image for a platform; without one, there must be no choice.
   *
   * @throws OciError `no-matching-platform`, `not-found`, `invalid-document`
   */
  image(platform?: Platform): Promise<Image>;
}

/**
 * Finds the image of a name in a file; without a name, the file must hold one image only.
 *
 * A name is found as it is written, as the name that it is short for, or by its tag where the file keeps only tags; a
 * digest where the index has it; and a tag alone where one image only has it.
 *
 * @param where what the file is, for the error
 * @throws OciError `not-found`, listing the names that there are
 */
export function findStoredImage(images: readonly StoredImage[], name: string | undefined, where: string): StoredImage {
  const [first] = images;
  if (name === undefined && images.length === 1 && first !== undefined) return first;
  const found =
    name === undefined ? undefined : (images.find((image) => isCalled(image, name)) ?? onlyTagged(images, name));
  if (found !== undefined) return found;
  const names = images.flatMap((image) => image.names.map(familiar));
  const list = names.length === 0 ? `${images.length} images without names` : names.join(", ");
  const problem = name === undefined ? "holds several images; name one of them" : `has no image "${name}"`;
  throw new OciError(
    "not-found",
    images.length === 0 ? `${where} holds no image` : `${where} ${problem}: it holds ${list}`,
  );
}

function isCalled({ names, descriptor }: StoredImage, name: string): boolean {
  return descriptor?.digest === name || names.some((has) => isSame(has, name));
}

function onlyTagged(images: readonly StoredImage[], tag: string): StoredImage | undefined {
  const found = images.filter(({ names }) => names.some((name) => name.endsWith(`:${tag}`)));
  return found.length === 1 ? found[0] : undefined;
}

function isSame(has: string, wanted: string): boolean {
  return has === wanted || whole(has) === whole(wanted);
}

/** The whole form of a name; what is no name, such as a tag with capitals, stays as it is. */
function whole(name: string): string {
  try {
    return printReference(parseReference(name));
  } catch {
    return name;
  }
}

function familiar(name: string): string {
  try {
    return familiarReference(parseReference(name));
  } catch {
    return name;
  }
}
