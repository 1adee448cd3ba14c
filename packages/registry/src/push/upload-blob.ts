import type { Digest } from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import type { HttpResponse } from "../http/response.ts";
import { backOff, type RetryOptions } from "../http/retry.ts";
import { RegistryError } from "../registry-error.ts";
import { seemsThere } from "./has-blob.ts";

/** A blob that a registry is to have. */
export interface UploadSource {
  /** Known beforehand, or found when the bytes have been read to their end. */
  readonly digest: () => Promise<Digest>;
  /** In bytes, where it is known beforehand. */
  readonly size?: number;
  /** May be opened again; the bytes are the same each time. */
  open(): AsyncIterable<Uint8Array>;
}

/** What an upload goes by. */
export interface UploadOptions {
  readonly retry: RetryOptions;
  readonly signal: AbortSignal | undefined;
  /** Where the registry has begun the upload already. */
  readonly begun?: URL | undefined;
}

/**
 * Uploads a blob: one stream, whose digest is told at the end (distribution spec 1.1, "Pushing a blob in chunks").
 *
 * A line that breaks is taken up where the registry says it stopped; what has been transferred is not transferred
 * again.
 *
 * @throws RegistryError
 */
export async function uploadBlob(
  endpoint: EndpointClient,
  repository: string,
  given: UploadSource,
  { retry, signal, begun }: UploadOptions,
): Promise<void> {
  let at: Upload | undefined = begun && { location: begun, received: 0 };
  let resumed = false;
  let ofSource: unknown;
  const source: UploadSource = {
    ...given,
    open: () =>
      watched(given.open(), (error) => {
        ofSource = error;
      }),
  };
  for (let failures = 0; ; ) {
    let stage: "begin" | "send" | "end" = "begin";
    try {
      at ??= { location: await beginUpload(endpoint, repository, signal), received: 0 };
      stage = "send";
      at = await sendRest(endpoint, repository, at, source, signal);
      stage = "end";
      await finish(endpoint, repository, at, await source.digest(), signal);
      return;
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      // What the place that is read from says is nothing about the upload.
      if (error === ofSource && !error.temporary) throw error;
      failures += 1;
      // An upload that the registry has forgotten, or sees otherwise, is begun anew.
      // So is one that was taken up while the registry still wrote what came before the line broke: its bytes are wrong.
      const spoilt: boolean = resumed && error.status === 400;
      const lost: boolean = stage !== "begin" && (error.status === 404 || error.status === 416 || spoilt);
      // One that was ended is forgotten too: then the answer was lost on the way, and not the blob.
      if (lost && stage === "end" && (await seemsThere(endpoint, repository, await source.digest(), signal))) return;
      // Everything but the stream itself has been tried again already.
      const broken: boolean = stage === "send" && error.temporary;
      if (!(broken || lost) || failures >= (retry.tries ?? 5)) throw error;
      await backOff(failures, retry, error.retryAfter, signal);
      const resumable: boolean = at !== undefined && !lost;
      at = resumable ? await ask(endpoint, repository, at as Upload, signal) : undefined;
      resumed = at !== undefined;
    }
  }
}

/** An upload under way. */
interface Upload {
  readonly location: URL;
  /** How many bytes the registry has. */
  readonly received: number;
}

/** Begins an upload, and tells where it goes on. @throws RegistryError */
export async function beginUpload(
  endpoint: EndpointClient,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<URL> {
  const response = await endpoint.request({
    method: "POST",
    repository,
    path: "blobs/uploads/",
    headers: { "content-length": "0" },
    signal,
  });
  response.discard();
  return locationOf(response);
}

async function sendRest(
  endpoint: EndpointClient,
  repository: string,
  { location, received }: Upload,
  source: UploadSource,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  if (source.size !== undefined && received >= source.size) return { location, received };
  const left = source.size === undefined ? {} : { length: source.size - received };
  const response = await endpoint.request({
    method: "PATCH",
    repository,
    path: "",
    location,
    headers: {
      "content-type": "application/octet-stream",
      // Where nobody knows yet where it ends, what comes is put behind what is there.
      ...(received === 0 || source.size === undefined ? {} : { "content-range": `${received}-${source.size - 1}` }),
    },
    body: { open: () => skipped(source.open(), received), ...left },
    once: true,
    signal,
  });
  response.discard();
  return { location: locationOf(response), received: source.size ?? receivedOf(response) ?? 0 };
}

async function finish(
  endpoint: EndpointClient,
  repository: string,
  { location }: Upload,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const target = new URL(location);
  target.searchParams.set("digest", digest);
  const response = await endpoint.request({
    method: "PUT",
    repository,
    path: "",
    location: target,
    headers: { "content-length": "0" },
    signal,
  });
  response.discard();
}

/** Asks how much of an upload has arrived; one that the registry does not tell is begun anew. */
async function ask(
  endpoint: EndpointClient,
  repository: string,
  { location }: Upload,
  signal: AbortSignal | undefined,
): Promise<Upload | undefined> {
  try {
    const response = await endpoint.request({ method: "GET", repository, path: "", location, signal });
    response.discard();
    const received = receivedOf(response);
    return received === undefined ? undefined : { location: locationOf(response), received };
  } catch (error) {
    // One that does not answer at all will not take another upload either.
    if (RegistryError.is(error) && !error.temporary) return undefined;
    throw error;
  }
}

/** Where an answer says that an upload goes on. @throws RegistryError `invalid-response` */
export function locationOf(response: HttpResponse): URL {
  const { location } = response.headers;
  if (location !== undefined && URL.canParse(location, response.url.href)) return new URL(location, response.url);
  throw new RegistryError("invalid-response", `POST ${response.url.origin}: INVALID_LOCATION: no place to upload to`, {
    hint: "The registry, or a proxy on the way, is set up wrongly.",
  });
}

/** `0-N` says that N+1 bytes have arrived; `0-0` is also what registries say when nothing has. */
function receivedOf(response: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.range ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}

async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    failed(error);
    throw error;
  }
}

async function* skipped(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left === 0 ? chunk : chunk.subarray(left);
      left = 0;
    }
  }
}
