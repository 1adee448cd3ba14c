import { createHasher, type Digest, digestParts, isDigest, isIndexType, isManifestType, sha256 } from "@strake/oci";
import { type Exchange, readRequest, sendError } from "./exchange.ts";
import type { Route } from "./route.ts";

/** Uploads that are under way, by the id in their address. */
export class Uploads {
  readonly #uploads = new Map<string, Uint8Array[]>();
  #count = 0;

  begin(): string {
    this.#count += 1;
    const id = `upload-${this.#count}`;
    this.#uploads.set(id, []);
    return id;
  }

  find(id: string): Uint8Array[] | undefined {
    return this.#uploads.get(id);
  }

  end(id: string): void {
    this.#uploads.delete(id);
  }
}

/** Takes a manifest or an index (distribution spec 1.1, end-7). */
export async function takeManifest(exchange: Exchange, route: Route & { kind: "manifest" }): Promise<void> {
  const { request, response, content } = exchange;
  const bytes = await readRequest(request);
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const byDigest = isDigest(route.reference);
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) {
    return sendError(exchange, 400, "MANIFEST_INVALID", `"${mediaType}" is not the type of a manifest`);
  }
  if (byDigest && route.reference !== sha256(bytes)) {
    return sendError(exchange, 400, "DIGEST_INVALID", "the manifest has another digest");
  }
  const missing = content.missing(route.repository, { bytes, mediaType });
  if (missing !== undefined) {
    return sendError(exchange, 400, "MANIFEST_BLOB_UNKNOWN", `the repository has no ${missing}`);
  }
  const digest = content.putManifest(route.repository, byDigest ? undefined : route.reference, { bytes, mediaType });
  response.writeHead(201, {
    location: `/v2/${route.repository}/manifests/${digest}`,
    "docker-content-digest": digest,
    "content-length": "0",
  });
  response.end();
}

/** Takes blobs: at once, in pieces, or from another repository (distribution spec 1.1, end-4 to end-6, end-11). */
export async function takeUpload(
  exchange: Exchange,
  route: Route & { kind: "upload" },
  uploads: Uploads,
): Promise<void> {
  const { request, url, content } = exchange;
  if (route.upload === "") {
    if (request.method !== "POST") return sendError(exchange, 405, "UNSUPPORTED", "an upload is begun with POST");
    const mount = url.searchParams.get("mount") ?? "";
    const mounted = content.find(url.searchParams.get("from") ?? "")?.blobs.get(mount);
    if (mounted !== undefined) return keep(exchange, route.repository, mount, mounted);
    const digest = url.searchParams.get("digest");
    if (digest !== null) return keep(exchange, route.repository, digest, await readRequest(request));
    return sendState(exchange, 202, route.repository, uploads.begin(), 0);
  }
  const pieces = uploads.find(route.upload);
  if (pieces === undefined) return sendError(exchange, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  await continueUpload(exchange, route, uploads, pieces);
}

async function continueUpload(
  exchange: Exchange,
  route: Route & { kind: "upload" },
  uploads: Uploads,
  pieces: Uint8Array[],
): Promise<void> {
  const { request, response, url } = exchange;
  const received = () => pieces.reduce((size, piece) => size + piece.length, 0);
  const start = /^(?:bytes )?(\d+)-/.exec(request.headers["content-range"] ?? "")?.[1];
  if (start !== undefined && Number(start) !== received()) {
    return sendError(exchange, 416, "BLOB_UPLOAD_INVALID", `the next byte is ${received()}`);
  }
  if (request.method === "GET") return sendState(exchange, 204, route.repository, route.upload, received());
  if (request.method === "PATCH") {
    if (exchange.fault?.kind === "cut-request") return cutRequest(exchange, pieces, exchange.fault.afterBytes);
    pieces.push(await readRequest(request));
    return sendState(exchange, 202, route.repository, route.upload, received());
  }
  if (request.method === "PUT") {
    pieces.push(await readRequest(request));
    uploads.end(route.upload);
    return keep(exchange, route.repository, url.searchParams.get("digest") ?? "", Buffer.concat(pieces));
  }
  if (request.method !== "DELETE") return sendError(exchange, 405, "UNSUPPORTED", "the operation is unsupported");
  uploads.end(route.upload);
  response.writeHead(204).end();
}

/** Takes the first bytes of a request and closes the connection, as a line that breaks does. */
function cutRequest({ request }: Exchange, pieces: Uint8Array[], count: number): void {
  let left = count;
  request.on("data", (chunk: Uint8Array) => {
    pieces.push(chunk.subarray(0, Math.max(0, left)));
    left -= chunk.length;
    if (left <= 0) request.socket.destroy();
  });
}

function keep(exchange: Exchange, repository: string, digest: string, bytes: Uint8Array): void {
  if (!isDigest(digest) || digestOf(bytes, digest) !== digest) {
    sendError(exchange, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    return;
  }
  exchange.content.open(repository).blobs.set(digest, bytes);
  exchange.response.writeHead(201, {
    location: `/v2/${repository}/blobs/${digest}`,
    "docker-content-digest": digest,
    "content-length": "0",
  });
  exchange.response.end();
}

function sendState({ response }: Exchange, status: number, repository: string, upload: string, received: number): void {
  response.writeHead(status, {
    location: `/v2/${repository}/blobs/uploads/${upload}`,
    "docker-upload-uuid": upload,
    range: `0-${Math.max(0, received - 1)}`,
    ...(status === 204 ? {} : { "content-length": "0" }),
  });
  response.end();
}

function digestOf(bytes: Uint8Array, expected: Digest): Digest {
  const hasher = createHasher(digestParts(expected).algorithm);
  hasher.update(bytes);
  return hasher.digest();
}
