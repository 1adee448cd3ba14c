import { randomBytes } from "node:crypto";
import type { BuildOptions, OperationSource, Plan } from "@strake/core";
import { type BlobStore, type Digest, type Image, readImage, storeImage } from "@strake/oci";
import { DaemonError } from "../daemon-error.ts";
import type { DockerEngine } from "../docker-engine.ts";
import { checkOldDocker } from "./old-docker-limits.ts";
import { plannedImage } from "./planned-image.ts";

/** What building in an old Docker Engine takes. */
export interface OldDocker {
  readonly engine: DockerEngine;
  readonly address: string;
  /** Where the image is kept. */
  readonly blobs: BlobStore;
  readonly openImage: ((source: OperationSource, path: string | undefined) => Promise<Image>) | undefined;
  /** Has the daemon make the image and export it; what the exporter says. */
  solve(output: {
    readonly type: string;
    readonly attributes: Readonly<Record<string, string>>;
  }): Promise<Readonly<Record<string, string>>>;
}

/**
 * Makes the image of a plan in a Docker Engine whose BuildKit gives images no config, such as 20.10.
 *
 * The one exporter it has for images puts them among the engine's own, with a config that says nothing. From there
 * they are saved, their layers are taken, and the plan's config and history are put over them.
 *
 * @throws StrakeError at a statement that the daemon does not know, or that failed; DaemonError `refused`
 */
export async function buildInOldDocker(plan: Plan, options: BuildOptions, docker: OldDocker): Promise<Image> {
  const { blobs, engine, address, solve } = docker;
  checkOldDocker(plan, options.steps, address);
  const store = async (saved: Image | undefined) => {
    const image = await plannedImage(plan, saved, await baseLayers(plan, docker), address);
    return readImage(blobs, (await storeImage(blobs, image, options.signal)).digest);
  };
  // An image of nothing has no layers that could be exported.
  if (plan.image.history.every(({ empty_layer }) => empty_layer)) return store(undefined);
  // With a name of its own an image can be taken away again without touching an equal one of somebody else.
  const name = `strake.local/build:${randomBytes(13).toString("hex")}`;
  const response = await solve({ type: "moby", attributes: { name } });
  const id = response["containerimage.digest"] as Digest | undefined;
  if (id === undefined) throw new DaemonError("refused", `${address} did not say which image it made`);
  let saved: Image;
  try {
    saved = await engine.take(id, blobs, options.signal);
  } finally {
    // What is left behind is no fault of the build.
    await engine.untag(name).catch(() => undefined);
  }
  return store(saved);
}

/** The diff ids of the image that a plan stands on, where this side can look at it. */
async function baseLayers(plan: Plan, { openImage }: OldDocker): Promise<readonly Digest[]> {
  let id = plan.result;
  while (id !== null) {
    const operation = plan.operations[id];
    if (operation?.op === "files" || operation?.op === "run") id = operation.input;
    else if (operation?.op === "source" && operation.source.type === "image" && openImage !== undefined) {
      const image = await openImage(operation.source, undefined);
      return (await image.config()).rootfs.diff_ids;
    } else break;
  }
  return [];
}
