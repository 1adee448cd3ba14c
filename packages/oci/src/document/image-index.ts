import { isIndexType, isManifestType, mediaType } from "../media-type.ts";
import { type Descriptor, descriptorJson, manifestSizeLimit, readDescriptor } from "./descriptor.ts";
import { printGoJson, sortedText, struct, unlessEmpty } from "./go-json.ts";
import { fault, member, optional, parseJson, readList, readText, readTextRecord } from "./located-json.ts";
import { checkSchemaVersion, type Manifest, parseManifest } from "./manifest.ts";

/** A list of manifests, by platform or otherwise (OCI image spec, "Image Index"; Docker's manifest list). */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Parses an image index or a Docker manifest list; members that the type lacks are dropped.
 *
 * @param what what the bytes are, for the error: `index of debian:12`
 * @throws OciError `invalid-document`
 */
export function parseImageIndex(bytes: Uint8Array, what: string): ImageIndex {
  const at = parseJson(bytes, what, manifestSizeLimit);
  checkSchemaVersion(at);
  const type = optional(at, "mediaType", readText).mediaType ?? mediaType.ociIndex;
  if (isManifestType(type)) throw fault(at, "is the manifest of one image where an index is expected");
  if (!isIndexType(type)) throw fault(member(at, "mediaType"), `"${type}" is not the type of an image index`);
  for (const name of ["config", "layers"]) {
    if (member(at, name).value !== undefined) {
      throw fault(member(at, name), "stands in an index, which could then be read as a manifest as well");
    }
  }
  const manifests = member(at, "manifests");
  return {
    schemaVersion: 2,
    mediaType: type,
    ...optional(at, "artifactType", readText),
    manifests: manifests.value === undefined ? [] : readList(manifests, readDescriptor),
    ...optional(at, "subject", readDescriptor),
    ...optional(at, "annotations", readTextRecord),
  };
}

/** Prints an index in the bytes that BuildKit writes: indented by two spaces, without a newline at the end. */
export function printImageIndex(index: ImageIndex): Uint8Array {
  const json = struct([
    ["schemaVersion", index.schemaVersion],
    ["mediaType", index.mediaType],
    ["artifactType", unlessEmpty(index.artifactType)],
    ["manifests", index.manifests.map(descriptorJson)],
    ["subject", index.subject && descriptorJson(index.subject)],
    ["annotations", sortedText(index.annotations)],
  ]);
  return printGoJson(json, "  ");
}

/**
 * Parses what a name in a registry may stand for: one image's manifest, or an index.
 *
 * Told apart by the document's own media type and, where it has none, by its members.
 *
 * @throws OciError `invalid-document`
 */
export function parseManifestOrIndex(bytes: Uint8Array, what: string): Manifest | ImageIndex {
  const at = parseJson(bytes, what, manifestSizeLimit);
  const { mediaType: type } = optional(at, "mediaType", readText);
  const isIndex = type === undefined ? member(at, "manifests").value !== undefined : isIndexType(type);
  return isIndex ? parseImageIndex(bytes, what) : parseManifest(bytes, what);
}

/** Tells an index from a manifest. */
export function isImageIndex(document: Manifest | ImageIndex): document is ImageIndex {
  return "manifests" in document;
}
