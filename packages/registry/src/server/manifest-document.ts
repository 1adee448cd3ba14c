import { isDigest, isIndexType } from "@strake/oci";

/** A document kept under its digest. */
export interface StoredManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** What a registry has to know of a manifest or of an index. */
export interface ManifestDocument {
  /** Digests of the blobs that it names and that a registry keeps. */
  readonly blobs: readonly string[];
  /** Digests of the manifests that it names. */
  readonly manifests: readonly string[];
  /** The digest of the manifest that it says something about. */
  readonly subject?: string;
  /** What kind of thing it is, for those who look for referrers. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A descriptor as it may stand in somebody's document. */
interface Named {
  readonly digest: string;
  readonly mediaType?: unknown;
  readonly urls?: unknown;
}

/**
 * Reads what a registry has to know of a document; it takes artifacts of any type, so it looks at little.
 *
 * @returns undefined for what is no manifest of its media type
 */
export function readManifestDocument({ bytes, mediaType }: StoredManifest): ManifestDocument | undefined {
  const document = parseObject(bytes);
  if (document === undefined || document.schemaVersion !== 2) return undefined;
  if (document.mediaType !== undefined && document.mediaType !== mediaType) return undefined;
  const index = isIndexType(mediaType);
  const config = readNamed(document.config === undefined ? [] : [document.config]);
  const layers = readNamed(document.layers ?? []);
  const manifests = readNamed(document.manifests ?? []);
  const subject = readNamed(document.subject === undefined ? [] : [document.subject]);
  if (config === undefined || layers === undefined || manifests === undefined || subject === undefined)
    return undefined;
  // A document that could be read as either is refused (CVE-2021-41190).
  if (index ? config.length + layers.length > 0 : manifests.length > 0 || config.length === 0) return undefined;
  const artifactType = document.artifactType ?? config[0]?.mediaType;
  return {
    blobs: [...config, ...layers].filter((one) => one.urls === undefined).map(({ digest }) => digest),
    manifests: manifests.map(({ digest }) => digest),
    ...(subject[0] === undefined ? {} : { subject: subject[0].digest }),
    ...(typeof artifactType === "string" && artifactType !== "" ? { artifactType } : {}),
    ...(isTextRecord(document.annotations) ? { annotations: document.annotations } : {}),
  };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function readNamed(list: unknown): readonly Named[] | undefined {
  if (!Array.isArray(list)) return undefined;
  return list.every((one) => isObject(one) && isDigest(one.digest)) ? (list as Named[]) : undefined;
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
