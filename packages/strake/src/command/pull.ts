import { LocalImages } from "@strake/engine";
import { type Digest, type Layer, parseReference, printReference } from "@strake/oci";
import { openWorkspace } from "../compose/workspace.ts";
import type { PullRequest } from "./request.ts";

/**
 * Takes images from registries into the local store; layers that are there are not moved again.
 *
 * @returns what `strake pull` prints: each name
 */
export async function pullImages(request: PullRequest, signal: AbortSignal): Promise<string> {
  const workspace = openWorkspace({ readOnly: false, signal });
  try {
    const { store } = workspace.engine;
    const registry = await workspace.registry();
    const lines: string[] = [];
    for (const text of request.names) {
      const reference = parseReference(text);
      const { image, digest } = await registry.resolve(reference, request.platform ?? workspace.platform);
      const layers = await image.layers();
      const { layers: descriptors } = await image.manifest();
      // Each is verified while it comes in; the registry's client lets only so many come at once.
      await Promise.all(
        descriptors.map(async (descriptor, at) => {
          if (await store.blobs.has(descriptor.digest as Digest)) return;
          await store.blobs.put(descriptor.digest as Digest, (layers[at] as Layer).compressed());
          if (!request.quiet) process.stderr.write(`${descriptor.digest.slice(7, 19)}: Pull complete\n`);
        }),
      );
      await new LocalImages(store, signal).put(image, [reference]);
      if (!request.quiet) process.stderr.write(`Digest: ${digest}\n`);
      lines.push(printReference(reference));
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    await workspace.close();
  }
}
