import { digestOf, type OperationSource, StrakeError } from "@strake/core";
import { type Digest, type Entry, layerFromEntries, OciError, tarLength } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";

/**
 * Downloads a file, as ADD of an address does: mode 0600, named for the last part of the address.
 *
 * With a checksum, a file that is kept is not downloaded again; without one it always is.
 */
export async function solveHttp(
  context: SolveContext,
  source: Extract<OperationSource, { type: "http" }>,
): Promise<SolvedLayer> {
  const digest = await download(context, source);
  const home = (await context.store.blobs.has(digest)) ? context.store : context.spool;
  const size = (await home.blobs.size(digest)) ?? 0;
  const entry: Entry = {
    path: source.filename,
    type: "file",
    mode: 0o600,
    uid: 0,
    gid: 0,
    size,
    mtime: 0,
    digest,
    content: { from: "file", path: home.blobs.path(digest), offset: 0 },
  };
  const entries = [entry];
  const layer = layerFromEntries(entries, { compression: "none", epoch: context.plan.image.epoch });
  return {
    key: digestOf({ http: source.filename, digest, length: tarLength(entries) }),
    layer,
    own: true,
    entries: async () => entries,
  };
}

async function download(context: SolveContext, source: Extract<OperationSource, { type: "http" }>): Promise<Digest> {
  const { url, checksum } = source;
  if (checksum !== undefined && (await context.store.blobs.has(checksum))) {
    if (!context.readOnly) context.store.touchBlob(checksum);
    return checksum;
  }
  try {
    const content = context.fetch(url, context.signal);
    if (checksum === undefined) return (await context.spool.blobs.add(content)).digest;
    await context.spool.blobs.put(checksum, content);
    return checksum;
  } catch (cause) {
    if (OciError.is(cause) && cause.code === "digest-mismatch") {
      throw new StrakeError({
        code: "checksum-mismatch",
        message: `what ${url} gave is not what the checksum says`,
        notes: [cause.message],
        cause,
      });
    }
    throw new StrakeError({
      code: "download-failed",
      message: `cannot download ${url}: ${(cause as Error).message}`,
      cause,
    });
  }
}
