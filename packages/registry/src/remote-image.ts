import type { Image, Layer, Reference } from "@strake/oci";
import { configSizeLimit, familiarReference, layerFromBlob, parseImageConfig, parseManifest } from "@strake/oci";
import type { FetchedManifest, RegistryClient } from "./client.ts";
import { RegistryError } from "./registry-error.ts";

/**
 * Makes the view of an image in a registry: its config is read now, its layers whenever they are asked for.
 *
 * @param fetched the image's own manifest, already verified
 * @throws OciError `invalid-document`, RegistryError
 */
export async function readRemoteImage(
  client: RegistryClient,
  reference: Reference,
  fetched: FetchedManifest,
): Promise<Image> {
  const name = familiarReference(reference);
  const manifest = parseManifest(fetched.bytes, `the manifest of ${name}`);
  if (manifest.config.size > configSizeLimit) {
    throw unsupported(name, `its config has ${manifest.config.size} bytes, and ${configSizeLimit} are the most`);
  }
  const rawConfig = await collect(client.getBlob(reference, manifest.config));
  const config = parseImageConfig(rawConfig, `the config of ${name}`);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw unsupported(name, `its manifest has ${manifest.layers.length} layers and its config ${diffIds.length}`);
  }
  const layers = manifest.layers.map((descriptor, index): Layer => {
    const blob = { get: () => client.getBlob(reference, descriptor) };
    return layerFromBlob(blob, descriptor, diffIds[index] as (typeof diffIds)[number]);
  });
  return {
    rawManifest: async () => fetched.bytes,
    manifest: async () => manifest,
    rawConfig: async () => rawConfig,
    config: async () => config,
    layers: async () => layers,
  };
}

function unsupported(name: string, why: string): RegistryError {
  return new RegistryError("unsupported-image", `${name} is not an image that can be used: ${why}`, {
    hint: "It may be an artifact of another kind, such as a chart or a signature.",
  });
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
