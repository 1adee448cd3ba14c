import { fetchBlob, LocalImages } from "@strake/engine";
import { familiarReference, parseReference, printReference } from "@strake/oci";
import { PushedBlobs } from "../compose/pushed-blobs.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { formatSize } from "../format/format-size.ts";
import { pullWords } from "../screen/transfer-words.ts";
import { startTransfers } from "../screen/transfers.ts";
import type { PullRequest } from "./request.ts";

/**
 * Takes images from registries into the local store; layers that are there are not moved again, and one of which a part
 * is there from a pull that was cut goes on from there.
 *
 * @returns what `strake pull` prints: each name
 */
export async function pullImages(request: PullRequest, signal: AbortSignal): Promise<string> {
  const workspace = openWorkspace({ readOnly: false, signal });
  const transfers = startTransfers(request.progress, process.stderr, process.env, pullWords);
  try {
    const { store } = workspace.engine;
    const registry = await workspace.registry();
    const { counted, watched } = await import("@strake/registry");
    const lines: string[] = [];
    for (const text of request.names) {
      const reference = parseReference(text);
      const { image, digest } = await registry.resolve(reference, request.platform ?? workspace.platform);
      const { config, layers } = await image.manifest();
      const client = registry.client(reference.registry);
      const watch = transfers.watch(familiarReference(reference));
      // Each is verified at its end; the registry's client lets only so many come at once.
      const fetching = [...new Map(layers.map((layer) => [layer.digest, layer])).values()].map((layer) => {
        const watcher = watch(layer);
        const open = (start: number) => counted(client.getBlob(reference, layer, start), watcher, start);
        const resumed = (start: number) => {
          const short = layer.digest.slice(7, 19);
          transfers.say(`${short}: Resuming at ${formatSize(start)} of ${formatSize(layer.size)}`);
        };
        return watched(watcher, async () => ((await fetchBlob(store, { ...layer, open, resumed })) ? "sent" : "there"));
      });
      // What has come of the others is kept too, when one fails.
      await Promise.allSettled(fetching);
      await Promise.all(fetching);
      await new LocalImages(store, signal).put(image, [reference]);
      // Whoever pushes it there, or what stands on it, need not ask.
      const seen = new PushedBlobs(workspace.settings.home, reference.registry);
      seen.note(
        reference.repository,
        [config, ...layers].map((each) => each.digest),
      );
      transfers.say(`Digest: ${digest}`);
      lines.push(printReference(reference));
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    transfers.end();
    await workspace.close();
  }
}
