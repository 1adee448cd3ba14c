import type { Digest } from "../digest.ts";
import type { Platform } from "../platform.ts";
import { type GoJson, sortedText, struct, unlessEmpty } from "./go-json.ts";
import {
  type LocatedJson,
  member,
  optional,
  parseJson,
  readDigest,
  readSize,
  readText,
  readTextList,
  readTextRecord,
} from "./located-json.ts";

/** What points to content: its type, digest and size (OCI image spec, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Length of the content in bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  /** Base64 of the content itself, for small content. */
  readonly data?: string;
}

/** The most bytes that a manifest, an index or a descriptor may have; registries refuse longer ones. */
export const manifestSizeLimit: number = 4 * 1024 * 1024;

/**
 * Parses a descriptor that stands for itself.
 *
 * @param what what the bytes are, for the error
 * @throws OciError `invalid-document`
 */
export function parseDescriptor(bytes: Uint8Array, what: string): Descriptor {
  return readDescriptor(parseJson(bytes, what, manifestSizeLimit));
}

/** Reads a descriptor out of a document; members that the type lacks are dropped. */
export function readDescriptor(at: LocatedJson): Descriptor {
  return {
    mediaType: readText(member(at, "mediaType")),
    digest: readDigest(member(at, "digest")),
    size: readSize(member(at, "size")),
    ...optional(at, "annotations", readTextRecord),
    ...optional(at, "platform", readPlatform),
    ...optional(at, "urls", readTextList),
    ...optional(at, "artifactType", readText),
    ...optional(at, "data", readText),
  };
}

/** A descriptor as Go's OCI types write it. */
export function descriptorJson(descriptor: Descriptor): GoJson {
  return struct([
    ["mediaType", descriptor.mediaType],
    ["digest", descriptor.digest],
    ["size", descriptor.size],
    ["urls", unlessEmpty(descriptor.urls)],
    ["annotations", sortedText(descriptor.annotations)],
    ["data", unlessEmpty(descriptor.data)],
    ["platform", descriptor.platform && platformJson(descriptor.platform)],
    ["artifactType", unlessEmpty(descriptor.artifactType)],
  ]);
}

function readPlatform(at: LocatedJson): Platform {
  const { variant } = optional(at, "variant", readText);
  const osVersion = optional(at, "os.version", readText)["os.version"];
  return {
    os: readText(member(at, "os")),
    architecture: readText(member(at, "architecture")),
    ...(variant ? { variant } : {}),
    ...(osVersion ? { osVersion } : {}),
  };
}

function platformJson(platform: Platform): GoJson {
  return struct([
    ["architecture", platform.architecture],
    ["os", platform.os],
    ["os.version", unlessEmpty(platform.osVersion)],
    ["variant", unlessEmpty(platform.variant)],
  ]);
}
