import { StrakeError } from "@strake/core";
import { type ImageRecord, LocalImages } from "@strake/engine";
import { matchesPlatform, type Platform, printPlatform } from "@strake/oci";
import type { Workspace } from "../compose/workspace.ts";
import { isIdOf } from "./find-image.ts";
import { pullImages } from "./pull.ts";
import type { RunRequest } from "./request.ts";

/**
 * Finds the platform that the image of a container is for, and takes the image from its registry first where that is
 * asked for, or where the local store has it for another platform only.
 *
 * As docker has it, without a platform the image of the store is taken whatever it is for, and a line says so.
 *
 * @throws StrakeError `no-such-image` where the registry is not to be asked, and the store has no such image
 */
export async function runPlatform(request: RunRequest, workspace: Workspace, signal: AbortSignal): Promise<Platform> {
  const { image, platform, pull } = request;
  const wanted = platform ?? workspace.platform;
  const [record] = workspace.engine.store.images.find(image);
  const isId = record !== undefined && isIdOf(record, image);
  if (pull === "always" && !isId) {
    await pullImage(request, signal);
    return wanted;
  }
  if (record === undefined) {
    if (pull !== "never") return wanted;
    throw new StrakeError({
      code: "no-such-image",
      message: `there is no image "${image}" in the local store, and --pull never asks no registry`,
      notes: [`strake pull ${image} gets it.`],
    });
  }
  const own = await platformOf(record, workspace);
  if (own === undefined || matchesPlatform(own, wanted)) return wanted;
  const says = `the image ${image} of the local store is for ${printPlatform(own)}`;
  if (platform === undefined) {
    process.stderr.write(`strake: ${says}, and this machine is ${printPlatform(wanted)}\n`);
    return own;
  }
  if (pull === "never" || isId) {
    throw new StrakeError({
      code: "no-such-image",
      message: `${says}, not for ${printPlatform(wanted)}`,
      notes: [`Build it with strake build --platform ${printPlatform(wanted)}, or leave --platform out.`],
    });
  }
  process.stderr.write(`strake: ${says}; its registry is asked for ${printPlatform(wanted)}\n`);
  await pullImage(request, signal);
  return wanted;
}

async function pullImage({ image, platform, quiet }: RunRequest, signal: AbortSignal): Promise<void> {
  const progress = quiet ? "quiet" : "auto";
  await pullImages(
    { names: [image], ...(platform === undefined ? {} : { platform }), allTags: false, progress },
    signal,
  );
}

/** Some images that were made by hand do not say what they are for. */
async function platformOf(record: ImageRecord, { engine }: Workspace): Promise<Platform | undefined> {
  const { os, architecture, variant } = await (await new LocalImages(engine.store).open(record)).config();
  if (os === "" || architecture === "") return undefined;
  return { os, architecture, ...(variant ? { variant } : {}) };
}
