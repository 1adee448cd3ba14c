import type { Digest } from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import { RegistryError } from "../registry-error.ts";
import { locationOf } from "./upload-blob.ts";

/** What came of a mount: the repository has the blob, or an upload was begun, or the registry refused. */
export type Mounting = "mounted" | URL | undefined;

/**
 * Has a repository take a blob over from another of the registry, which moves nothing (distribution spec 1.1,
 * "Mounting a blob from another repository").
 *
 * @throws RegistryError where the registry cannot be asked at all
 */
export async function mountBlob(
  endpoint: EndpointClient,
  repository: string,
  digest: Digest,
  from: string,
  signal: AbortSignal | undefined,
): Promise<Mounting> {
  try {
    const response = await endpoint.request({
      method: "POST",
      repository,
      path: `blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`,
      headers: { "content-length": "0" },
      reads: [from],
      signal,
    });
    response.discard();
    if (response.status === 201) return "mounted";
    // A registry that cannot mount begins an upload instead.
    return response.headers.location === undefined ? undefined : locationOf(response);
  } catch (error) {
    // Whoever may not read there uploads instead.
    if (RegistryError.is(error) && !error.temporary) return undefined;
    throw error;
  }
}

/** Ends an upload that is not wanted; a registry that does not know how to keeps it until it is old. */
export async function cancelUpload(
  endpoint: EndpointClient,
  repository: string,
  location: URL,
  signal: AbortSignal | undefined,
): Promise<void> {
  await endpoint.request({ method: "DELETE", repository, path: "", location, signal }).then(
    (response) => response.discard(),
    () => {},
  );
}
