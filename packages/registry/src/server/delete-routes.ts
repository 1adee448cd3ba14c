import { isDigest } from "@strake/oci";
import { type Exchange, sendError } from "./exchange.ts";
import type { Route } from "./route.ts";

/** Removes a tag, or a manifest with all its tags (distribution spec 1.1, end-9). */
export async function deleteManifest(exchange: Exchange, route: Route & { kind: "manifest" }): Promise<void> {
  if (!allows(exchange)) return;
  const repository = exchange.content.find(route.repository);
  const { reference } = route;
  if (!isDigest(reference)) {
    if (reference.includes(":")) return sendError(exchange, 400, "DIGEST_INVALID", "that is no digest");
    if (repository?.tags.delete(reference) !== true) return unknown(exchange, reference);
  } else {
    if (repository?.manifests.delete(reference) !== true) return unknown(exchange, reference);
    const gone = [...repository.tags].filter(([, digest]) => digest === reference);
    for (const [tag] of gone) repository.tags.delete(tag);
  }
  exchange.response.writeHead(202, { "content-length": "0" }).end();
}

/** Removes a blob, whatever names it (distribution spec 1.1, end-10). */
export async function deleteBlob(exchange: Exchange, route: Route & { kind: "blob" }): Promise<void> {
  if (!allows(exchange)) return;
  if (exchange.content.find(route.repository)?.blobs.delete(route.digest) !== true) {
    return sendError(exchange, 404, "BLOB_UNKNOWN", "blob unknown to registry");
  }
  exchange.response.writeHead(202, { "content-length": "0" }).end();
}

function allows(exchange: Exchange): boolean {
  if (exchange.options.deletes !== false) return true;
  sendError(exchange, 405, "UNSUPPORTED", "nothing may be removed here");
  return false;
}

function unknown(exchange: Exchange, reference: string): void {
  sendError(exchange, 404, "MANIFEST_UNKNOWN", `manifest unknown: ${reference}`);
}
