import { isDigest } from "@strake/oci";
import { digestOf, type Exchange, readRequest, sendError } from "./exchange.ts";
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

/** Takes blobs: at once, in pieces, or from another repository (distribution spec 1.1, end-4 to end-6, end-11). */
export async function takeUpload(
  exchange: Exchange,
  route: Route & { kind: "upload" },
  uploads: Uploads,
): Promise<void> {
  const { request, url, content, options } = exchange;
  if (route.upload === "") {
    if (request.method !== "POST") return sendError(exchange, 405, "UNSUPPORTED", "an upload is begun with POST");
    const mount = url.searchParams.get("mount") ?? "";
    // What cannot be mounted is to be uploaded, so that is no error.
    const mounted =
      options.mounts === false ? undefined : content.find(url.searchParams.get("from") ?? "")?.blobs.get(mount);
    if (mounted !== undefined) return keep(exchange, route.repository, mount, mounted);
    const digest = url.searchParams.get("digest");
    const whole = digest !== null && options.wholePosts !== false;
    if (whole) return keep(exchange, route.repository, digest, await readRequest(request));
    request.resume();
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
  const { request, response, url, fault } = exchange;
  const { repository, upload } = route;
  const received = () => pieces.reduce((size, piece) => size + piece.length, 0);
  if (request.method === "GET") return sendState(exchange, 204, repository, upload, received());
  if (fault?.kind === "cut-request") return cutRequest(exchange, pieces, fault.afterBytes);
  if (request.method === "PATCH") {
    // What came before the line broke is kept, as real registries do, so that the rest can follow.
    const piece = await readRequest(request, (part) => startsAt(exchange, received()) && pieces.push(part));
    if (!follows(exchange, received(), piece)) return sendState(exchange, 416, repository, upload, received());
    pieces.push(piece);
    return sendState(exchange, 202, repository, upload, received());
  }
  if (request.method === "PUT") {
    const digest = url.searchParams.get("digest");
    const piece = await readRequest(request);
    if (!isDigest(digest)) return sendError(exchange, 400, "DIGEST_INVALID", "an upload is ended with its digest");
    if (!follows(exchange, received(), piece)) return sendState(exchange, 416, repository, upload, received());
    uploads.end(upload);
    return keep(exchange, repository, digest, Buffer.concat([...pieces, piece]));
  }
  if (request.method !== "DELETE") return sendError(exchange, 405, "UNSUPPORTED", "the operation is unsupported");
  uploads.end(upload);
  response.writeHead(204).end();
}

/** Whether a piece is what comes next, as far as its request says which it is. */
function follows(exchange: Exchange, received: number, piece: Uint8Array): boolean {
  if (!startsAt(exchange, received)) return false;
  const last = contentRange(exchange)?.last;
  return last === undefined || last === received + piece.length - 1;
}

function startsAt(exchange: Exchange, received: number): boolean {
  const range = contentRange(exchange);
  return range === undefined || range.first === received;
}

/** The range of a piece; not a number where it is none, and undefined where nothing is said. */
function contentRange({ request }: Exchange): { readonly first: number; readonly last: number } | undefined {
  const range = request.headers["content-range"];
  if (range === undefined) return undefined;
  // The spec leaves the unit out, curl cannot.
  const [, first, last] = /^(?:bytes )?(\d+)-(\d+)(?:\/\S+)?$/.exec(range) ?? [];
  return { first: Number(first), last: Number(last) };
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
