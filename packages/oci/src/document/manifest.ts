import { isIndexType, isManifestType, mediaType } from "../media-type.ts";
import { type Descriptor, descriptorJson, manifestSizeLimit, readDescriptor } from "./descriptor.ts";
import { printGoJson, sortedText, struct, unlessEmpty } from "./go-json.ts";
import {
  fault,
  type LocatedJson,
  member,
  optional,
  parseJson,
  readList,
  readText,
  readTextRecord,
} from "./located-json.ts";

/** The manifest of one image (OCI image spec, "Image Manifest"; Docker's schema 2 has the same fields). */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Parses the manifest of one image; members that the type lacks are dropped.
 *
 * A manifest without a media type is OCI's. One that could be read as an index too is refused, as the OCI image spec
 * asks since CVE-2021-41190.
 *
 * @param what what the bytes are, for the error: `manifest of debian:12`
 * @throws OciError `invalid-document`
 */
export function parseManifest(bytes: Uint8Array, what: string): Manifest {
  const at = parseJson(bytes, what, manifestSizeLimit);
  checkSchemaVersion(at);
  const type = optional(at, "mediaType", readText).mediaType ?? mediaType.ociManifest;
  if (isIndexType(type)) throw fault(at, "is an index of several images where the manifest of one is expected");
  if (!isManifestType(type)) throw fault(member(at, "mediaType"), `"${type}" is not the type of an image's manifest`);
  if (member(at, "manifests").value !== undefined) {
    throw fault(member(at, "manifests"), "stands in a manifest, which could then be read as an index as well");
  }
  const layers = member(at, "layers");
  return {
    schemaVersion: 2,
    mediaType: type,
    ...optional(at, "artifactType", readText),
    config: readDescriptor(member(at, "config")),
    layers: layers.value === undefined ? [] : readList(layers, readDescriptor),
    ...optional(at, "subject", readDescriptor),
    ...optional(at, "annotations", readTextRecord),
  };
}

/** Prints a manifest in the bytes that BuildKit writes: indented by two spaces, without a newline at the end. */
export function printManifest(manifest: Manifest): Uint8Array {
  const json = struct([
    ["schemaVersion", manifest.schemaVersion],
    ["mediaType", manifest.mediaType],
    ["artifactType", unlessEmpty(manifest.artifactType)],
    ["config", descriptorJson(manifest.config)],
    ["layers", manifest.layers.map(descriptorJson)],
    ["subject", manifest.subject && descriptorJson(manifest.subject)],
    ["annotations", sortedText(manifest.annotations)],
  ]);
  return printGoJson(json, "  ");
}

/** Refuses what is not version 2 of the schema, which manifests and indexes share. */
export function checkSchemaVersion(at: LocatedJson): void {
  const version = member(at, "schemaVersion");
  if (version.value === 2) return;
  if (version.value === 1) {
    throw fault(version, "schema 1 is no longer read; pull and push the image again with a current tool");
  }
  throw fault(version, `expected 2, found ${JSON.stringify(version.value) ?? "nothing"}`);
}
