import { isDigest, isIndexType, isManifestType, sha256 } from "@strake/oci";
import { digestOf, type Exchange, readRequest, sendError } from "./exchange.ts";
import { readManifestDocument } from "./manifest-document.ts";
import type { Route } from "./route.ts";

/** The spec has registries take at least this, and recommends to take no more. */
const longestManifest = 4 * 1024 * 1024;

/** Takes a manifest or an index (distribution spec 1.1, end-7). */
export async function takeManifest(exchange: Exchange, route: Route & { kind: "manifest" }): Promise<void> {
  const { request, response, content, options } = exchange;
  const { repository, reference } = route;
  const bytes = await readRequest(request);
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const byDigest = reference.includes(":");
  if (bytes.length > longestManifest) {
    return sendError(exchange, 413, "SIZE_INVALID", `a manifest has ${longestManifest} bytes at most`);
  }
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) {
    return sendError(exchange, 400, "MANIFEST_INVALID", `"${mediaType}" is not the type of a manifest`);
  }
  const document = readManifestDocument({ bytes, mediaType });
  if (document === undefined) {
    return sendError(exchange, 400, "MANIFEST_INVALID", `that is no document of type ${mediaType}`);
  }
  if (byDigest && (!isDigest(reference) || digestOf(bytes, reference) !== reference)) {
    return sendError(exchange, 400, "DIGEST_INVALID", "the manifest has another digest");
  }
  const missing = content.missing(repository, document);
  if (missing !== undefined) {
    return sendError(exchange, 400, "MANIFEST_BLOB_UNKNOWN", `the repository has no ${missing}`);
  }
  const digest = isDigest(reference) ? reference : sha256(bytes);
  content.putManifest(repository, byDigest ? undefined : reference, { bytes, mediaType }, digest);
  response.writeHead(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
    // Tells that nobody has to keep a list of referrers under a tag.
    ...(document.subject === undefined || options.referrers === false ? {} : { "oci-subject": document.subject }),
    "content-length": "0",
  });
  response.end();
}
