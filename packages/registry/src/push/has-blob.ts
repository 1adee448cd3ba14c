import type { Digest } from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import { RegistryError } from "../registry-error.ts";

/** Asks whether a repository has a blob. @throws RegistryError for every answer but yes and no */
export async function hasBlob(
  endpoint: EndpointClient,
  repository: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const path = `blobs/${digest}`;
    (await endpoint.request({ method: "HEAD", repository, path, pushing: true, signal })).discard();
    return true;
  } catch (error) {
    if (RegistryError.is(error) && error.code === "not-found") return false;
    throw error;
  }
}

/** Whether a repository says that it has a blob; one that says anything else, or nothing, has it not. */
export async function seemsThere(...asked: Parameters<typeof hasBlob>): Promise<boolean> {
  try {
    return await hasBlob(...asked);
  } catch (error) {
    if (RegistryError.is(error)) return false;
    throw error;
  }
}
