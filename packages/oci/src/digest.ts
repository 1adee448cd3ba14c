import { OciError } from "./oci-error.ts";

/**
 * The digest of some content, `algorithm:hex`.
 *
 * Only sha256 and sha512 are accepted, as in the OCI image spec's list of registered algorithms.
 */
export type Digest = `${"sha256" | "sha512"}:${string}`;

const hexLength = { sha256: 64, sha512: 128 } as const;

/**
 * Parses a digest strictly: a registered algorithm and lower-case hex of its length.
 *
 * @throws OciError `invalid-digest`
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new OciError("invalid-digest", `"${text}" is not a digest: expected sha256: and 64 hex digits`);
  }
  return text;
}

/** Tells whether the text is a digest that `parseDigest` accepts. */
export function isDigest(text: unknown): text is Digest {
  if (typeof text !== "string") return false;
  const colon = text.indexOf(":");
  const algorithm = text.slice(0, colon);
  if (algorithm !== "sha256" && algorithm !== "sha512") return false;
  const hex = text.slice(colon + 1);
  return hex.length === hexLength[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/** Takes a digest apart into its algorithm and its hex digits. */
export function digestParts(digest: Digest): { algorithm: "sha256" | "sha512"; hex: string } {
  const colon = digest.indexOf(":");
  return { algorithm: digest.slice(0, colon) as "sha256" | "sha512", hex: digest.slice(colon + 1) };
}
