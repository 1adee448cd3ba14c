import { type Digest, familiarReference, type Reference } from "@strake/oci";
import type { RegistryClient } from "../client.ts";
import type { ContentSource } from "./content-source.ts";

/** What a name of a registry stands for, to be copied. */
export function registrySource(client: RegistryClient, reference: Reference): ContentSource {
  const { registry, repository } = reference;
  return {
    name: familiarReference(reference),
    place: { registry, repository },
    document: (digest) =>
      client.getManifest(digest === undefined ? reference : { registry, repository, digest: digest as Digest }),
    blob: (blob) => client.getBlob(reference, blob),
  };
}
