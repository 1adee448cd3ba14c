import { sha256 } from "@strake/oci";
import { type Exchange, sendBytes, sendError } from "./exchange.ts";
import { sendPage } from "./page.ts";
import type { Route } from "./route.ts";

/** Answers GET and HEAD of a manifest (distribution spec 1.1, end-3). */
export async function sendManifest(exchange: Exchange, route: Route & { kind: "manifest" }): Promise<void> {
  const { fault, content } = exchange;
  const reference = fault?.kind === "instead" ? fault.reference : route.reference;
  const manifest = content.manifest(route.repository, reference);
  if (manifest === undefined) return sendError(exchange, 404, "MANIFEST_UNKNOWN", `manifest unknown: ${reference}`);
  const claimed = fault?.kind === "wrong-digest" ? sha256("something else") : manifest.digest;
  const headers = { "content-type": manifest.mediaType, "docker-content-digest": claimed };
  await sendBytes(exchange, 200, headers, manifest.bytes);
}

/** Answers GET and HEAD of a blob or of a part of it (distribution spec 1.1, end-2). */
export async function sendBlob(exchange: Exchange, route: Route & { kind: "blob" }): Promise<void> {
  const { request, fault, content } = exchange;
  const bytes = content.find(route.repository)?.blobs.get(route.digest);
  if (bytes === undefined) return sendError(exchange, 404, "BLOB_UNKNOWN", "blob unknown to registry");
  const claimed = fault?.kind === "wrong-digest" ? sha256("something else") : route.digest;
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": claimed,
    "accept-ranges": "bytes",
  };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (from === undefined || fault?.kind === "no-range") return await sendBytes(exchange, 200, headers, bytes);
  const first = Number(from);
  const last = Math.min(to ? Number(to) : bytes.length - 1, bytes.length - 1);
  if (first > last) {
    const unsatisfied = { "content-range": `bytes */${bytes.length}` };
    return sendError(exchange, 416, "SIZE_INVALID", "the range lies outside of the blob", unsatisfied);
  }
  const range = { "content-range": `bytes ${first}-${last}/${bytes.length}` };
  await sendBytes(exchange, 206, { ...headers, ...range }, bytes.subarray(first, last + 1));
}

/** Answers with the tags of a repository (distribution spec 1.1, end-8). */
export async function sendTags(exchange: Exchange, route: Route & { kind: "tags" }): Promise<void> {
  const repository = exchange.content.find(route.repository);
  if (repository === undefined)
    return sendError(exchange, 404, "NAME_UNKNOWN", "repository name not known to registry");
  const document = (tags: readonly string[]) => ({ name: route.repository, tags });
  await sendPage(exchange, [...repository.tags.keys()], (tag) => tag, document);
}

/** Answers with the names of all repositories, as Docker's registry does. */
export async function sendCatalog(exchange: Exchange): Promise<void> {
  await sendPage(
    exchange,
    exchange.content.names(),
    (name) => name,
    (repositories) => ({ repositories }),
  );
}
