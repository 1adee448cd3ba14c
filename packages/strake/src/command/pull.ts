import { fetchBlob, LocalImages } from "@strake/engine";
import { familiarReference, parseReference, printReference, type Reference } from "@strake/oci";
import type { Registry } from "@strake/registry";
import { PushedBlobs } from "../compose/pushed-blobs.ts";
import { openWorkspace, type Workspace } from "../compose/workspace.ts";
import { formatSize } from "../format/format-size.ts";
import { pullWords } from "../screen/transfer-words.ts";
import { startTransfers, type Transfers } from "../screen/transfers.ts";
import type { PullRequest } from "./request.ts";
import { saysTag } from "./says-tag.ts";
import { usageError } from "./usage-error.ts";

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
    const registry = await workspace.registry();
    const lines: string[] = [];
    for (const text of request.names) {
      for (const reference of await referencesOf(text, request.allTags, registry)) {
        if (!request.allTags && !saysTag(text)) transfers.say("Using default tag: latest");
        await pullImage(workspace, registry, reference, request, transfers, signal);
        lines.push(printReference(reference));
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    transfers.end();
    await workspace.close();
  }
}

/** The names that a text stands for in its registry. */
async function referencesOf(text: string, allTags: boolean, registry: Registry): Promise<readonly Reference[]> {
  const reference = parseReference(text);
  if (!allTags) return [withoutTag(reference)];
  if (saysTag(text)) throw usageError(`--all-tags: ${text} names one image`, "Leave its tag or digest out.");
  const { registry: host, repository } = reference;
  const tags = await registry.client(host).listTags(repository);
  return [...tags].sort().map((tag) => ({ registry: host, repository, tag }));
}

/** As docker has it: whoever says the digest is not asking for what the tag stands for. */
function withoutTag({ tag, ...reference }: Reference): Reference {
  return reference.digest === undefined && tag !== undefined ? { ...reference, tag } : reference;
}

async function pullImage(
  workspace: Workspace,
  registry: Registry,
  reference: Reference,
  { platform = workspace.platform }: PullRequest,
  transfers: Transfers,
  signal: AbortSignal,
): Promise<void> {
  const { store } = workspace.engine;
  const { counted, watched } = await import("@strake/registry");
  transfers.say(`${reference.digest ?? reference.tag}: Pulling from ${reference.repository}`);
  const { image, digest, manifestDigest } = await registry.resolve(reference, platform);
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
  const isNew = store.images.get(reference)?.manifest !== manifestDigest;
  await new LocalImages(store, signal).put(image, [reference], digest);
  // Whoever pushes it there, or what stands on it, need not ask.
  const seen = new PushedBlobs(workspace.settings.home, reference.registry);
  seen.note(
    reference.repository,
    [config, ...layers].map((each) => each.digest),
  );
  transfers.say(`Digest: ${digest}`);
  const status = isNew ? "Downloaded newer image" : "Image is up to date";
  transfers.say(`Status: ${status} for ${familiarReference(reference)}`);
}
