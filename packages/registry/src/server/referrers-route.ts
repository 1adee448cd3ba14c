import { type Descriptor, type Digest, isDigest, mediaType } from "@strake/oci";
import type { Repository } from "./content.ts";
import { type Exchange, sendError } from "./exchange.ts";
import { readManifestDocument } from "./manifest-document.ts";
import { sendPage } from "./page.ts";
import type { Route } from "./route.ts";

/** Answers with an index of the manifests whose subject is a digest (distribution spec 1.1, end-12). */
export async function sendReferrers(exchange: Exchange, route: Route & { kind: "referrers" }): Promise<void> {
  if (exchange.options.referrers === false) return sendError(exchange, 404, "NAME_UNKNOWN", "no such endpoint");
  if (!isDigest(route.digest)) return sendError(exchange, 400, "DIGEST_INVALID", "that is no digest");
  const wanted = exchange.url.searchParams.get("artifactType");
  const repository = exchange.content.find(route.repository);
  const all = repository === undefined ? [] : referrersOf(repository, route.digest);
  const found = wanted === null ? all : all.filter(({ artifactType }) => artifactType === wanted);
  const index = (manifests: readonly Descriptor[]) => ({
    schemaVersion: 2,
    mediaType: mediaType.ociIndex,
    manifests,
  });
  await sendPage(exchange, found, ({ digest }) => digest, index, {
    "content-type": mediaType.ociIndex,
    ...(wanted === null ? {} : { "oci-filters-applied": "artifactType" }),
  });
}

function referrersOf(repository: Repository, subject: Digest): readonly Descriptor[] {
  return [...repository.manifests].flatMap(([digest, stored]) => {
    const document = readManifestDocument(stored);
    if (document?.subject !== subject) return [];
    const { artifactType, annotations } = document;
    const descriptor = { mediaType: stored.mediaType, digest: digest as Digest, size: stored.bytes.length };
    return [
      {
        ...descriptor,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(annotations === undefined ? {} : { annotations }),
      },
    ];
  });
}
