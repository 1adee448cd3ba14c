import { resolve } from "node:path";
import {
  type Descriptor,
  describeNames,
  type Image,
  imageDescriptor,
  imageId,
  mediaType,
  printImageIndex,
  printReference,
  type Reference,
  sha256,
} from "@strake/oci";
import { copyToArchive, copyToLayout } from "./copy/copy-image.ts";
import { storedContent } from "./copy/open-source.ts";
import type { FileOutput } from "./output-option.ts";
import type { SolvedTarget } from "./plan-targets.ts";
import type { ImagePusher } from "./push-images.ts";
import type { Session } from "./session.ts";
import type { ShownSending } from "./show-sending.ts";
import type { Written } from "./written.ts";

/** Where images can go together with what is attested of them. */
export type AttestedDestination =
  | (FileOutput & { readonly type: "oci" })
  | { readonly type: "registry"; readonly pusher: ImagePusher };

/** Puts the images of a target under one index with their attestations, all byte by byte as a daemon has made them. */
export async function writeAttested(
  session: Session,
  targets: readonly SolvedTarget[],
  images: readonly Image[],
  names: readonly Reference[],
  output: AttestedDestination,
  { sending, signal }: { readonly sending: ShownSending; readonly signal: AbortSignal },
): Promise<Written> {
  const { blobs } = session.engine.store;
  const manifests: Descriptor[] = [];
  for (const image of images) manifests.push(await imageDescriptor(image));
  for (const { solution } of targets) manifests.push(...(solution.attestations ?? []));
  const bytes = printImageIndex({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests });
  const descriptor = { mediaType: mediaType.ociIndex, digest: sha256(bytes), size: bytes.length };
  await blobs.put(descriptor.digest, bytes);
  const content = storedContent(blobs, descriptor, targets[0]?.name ?? "image");
  const written = { id: await imageId(images[0] as Image), digest: descriptor.digest };
  if (output.type === "registry") {
    const pushed = await output.pusher.pushContent(content, names, sending.watch);
    sending.finish();
    const unchanged = pushed.every((each) => each.unchanged);
    return { ...written, to: names.map(printReference).join(", "), unchanged };
  }
  const copy = output.tar ? copyToArchive : copyToLayout;
  const describe = (index: Descriptor) => (names.length === 0 ? [index] : describeNames(index, names));
  await copy(content, resolve(output.destination), describe, { watch: sending.watch, signal });
  return { ...written, to: output.destination, unchanged: false };
}
