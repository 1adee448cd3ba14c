import type { Digest } from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import { bytesBody } from "../http/request-body.ts";
import { backOff } from "../http/retry.ts";
import { RegistryError } from "../registry-error.ts";
import { seemsThere } from "./has-blob.ts";
import { beginUpload, locationOf, type UploadOptions } from "./upload-blob.ts";

/** The most bytes of a blob that is sent whole, again if need be: less than what a request costs on most lines. */
export const longestWhole: number = 1024 * 1024;

/** The most bytes that are sent with a first request to a registry that may not look at them. */
const longestTrial = 64 * 1024;

/**
 * Uploads a blob that is at hand: begun with one request and ended by another that brings all of it, or in one request
 * where the registry takes that (distribution spec 1.1, "Pushing a blob monolithically").
 *
 * What breaks on the way is begun anew.
 *
 * @param begun where an upload has been begun already
 * @throws RegistryError
 */
export async function uploadWhole(
  endpoint: EndpointClient,
  repository: string,
  { digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array },
  { retry, signal, begun }: UploadOptions,
): Promise<void> {
  let location = begun;
  for (let failures = 1; ; failures++) {
    let ending = false;
    try {
      location ??= await begin(endpoint, repository, digest, bytes, signal);
      if (location === undefined) return;
      ending = true;
      const target = new URL(location);
      target.searchParams.set("digest", digest);
      const response = await endpoint.request({
        method: "PUT",
        repository,
        path: "",
        location: target,
        headers: { "content-type": "application/octet-stream" },
        body: bytesBody(bytes),
        // What came of it is not known when it fails, so it is not simply sent there again.
        once: true,
        signal,
      });
      response.discard();
      return;
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      const lost = ending && (error.status === 404 || error.status === 416);
      // A request that begins an upload has been tried again already.
      if (!(ending && (error.temporary || lost)) || failures >= (retry.tries ?? 5)) throw error;
      await backOff(failures, retry, error.retryAfter, signal);
      // The answer alone may have been lost.
      if (await seemsThere(endpoint, repository, digest, signal)) return;
      location = undefined;
    }
  }
}

/** Begins an upload; brings the bytes along where the registry may take them so, and then there is nothing left to do. */
async function begin(
  endpoint: EndpointClient,
  repository: string,
  digest: Digest,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<URL | undefined> {
  if (!(endpoint.takesWholePosts ?? bytes.length <= longestTrial)) return beginUpload(endpoint, repository, signal);
  try {
    const response = await endpoint.request({
      method: "POST",
      repository,
      path: `blobs/uploads/?${new URLSearchParams({ digest })}`,
      headers: { "content-type": "application/octet-stream" },
      body: bytesBody(bytes),
      signal,
    });
    response.discard();
    endpoint.takesWholePosts = response.status === 201;
    // Who does not take it so has begun an upload, and nothing is lost.
    return response.status === 201 ? undefined : locationOf(response);
  } catch (error) {
    // Whatever a registry says to a request that it does not know; a login is wanted for the other one too.
    const refused = RegistryError.is(error) && !error.temporary && error.code !== "unauthorized";
    if (!refused || endpoint.takesWholePosts === true) throw error;
    endpoint.takesWholePosts = false;
    return beginUpload(endpoint, repository, signal);
  }
}
