import { statSync } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { digestOf } from "@strake/core";
import { LocalImages, type Packing, readIfPresent, writeAtomically } from "@strake/engine";
import {
  type Digest,
  dockerArchiveStream,
  type Image,
  imageDigest,
  imageId,
  ociArchiveStream,
  printReference,
  type Reference,
  rootfsTarStream,
  writeDockerArchive,
  writeLocal,
  writeOciArchive,
  writeOciLayout,
  writeRootfsTar,
} from "@strake/oci";
import type { OutputOption } from "./output-option.ts";
import type { SolvedTarget } from "./plan-targets.ts";
import type { ImagePusher } from "./push-images.ts";
import type { Session } from "./session.ts";

/** What was written. */
export interface Written {
  readonly to: string;
  readonly id: Digest;
  /** The manifest's digest, where the place has manifests. */
  readonly digest: Digest;
  /** The place had this very image already, so nothing was written. */
  readonly unchanged: boolean;
}

/** A value of `--output`, the local image store, or the Docker daemon. */
export type Destination =
  | OutputOption
  | { readonly type: "store" }
  | { readonly type: "load" }
  | { readonly type: "registry"; readonly pusher: ImagePusher };

/** Puts the images of one target, one for each platform, where an output says. */
export async function writeOutput(
  session: Session,
  targets: readonly SolvedTarget[],
  names: readonly Reference[],
  output: Destination,
  signal: AbortSignal,
): Promise<Written> {
  const images = targets.map(({ solution }) => solution.image(packingOf(output)));
  const [image] = images as [Image, ...Image[]];
  switch (output.type) {
    case "store": {
      const { digest } = await new LocalImages(session.engine.store, signal).put(image, names);
      return { to: names.map(printReference).join(", "), id: await imageId(image), digest, unchanged: false };
    }
    case "load": {
      const { DockerEngine } = await import("@strake/daemon");
      const docker = new DockerEngine(session.settings.dockerHost);
      const unchanged = await docker.load(image, names, signal);
      return {
        to: `Docker at ${session.settings.dockerHost}`,
        id: await imageId(image),
        digest: await imageDigest(image),
        unchanged,
      };
    }
    case "registry": {
      const pushed = await output.pusher.push(images, names);
      const [first] = pushed;
      if (first === undefined) throw new Error("nothing is pushed without a name");
      const unchanged = pushed.every((each) => each.unchanged);
      return {
        to: pushed.map(({ name }) => name).join(", "),
        id: await imageId(image),
        digest: first.digest,
        unchanged,
      };
    }
    default:
      return output.destination === "-"
        ? toStandardOutput(images, names, output, signal)
        : toFile(session, targets, images, names, output, signal);
  }
}

function packingOf(output: Destination): Packing {
  if (output.type === "oci") {
    const compression = output.compression === "uncompressed" ? "none" : (output.compression ?? "gzip");
    return { compression, ...(output.compressionLevel === undefined ? {} : { level: output.compressionLevel }) };
  }
  if (output.type === "registry") return { compression: "gzip" };
  if (output.type === "docker" || output.type === "load")
    return { compression: "none", whole: true, mediaTypes: "docker" };
  return { compression: "none" };
}

async function toStandardOutput(
  images: readonly Image[],
  names: readonly Reference[],
  output: OutputOption,
  signal: AbortSignal,
): Promise<Written> {
  const [image] = images as [Image, ...Image[]];
  const stream =
    output.type === "docker"
      ? dockerArchiveStream(image, names)
      : output.type === "oci"
        ? ociArchiveStream(images.length === 1 ? image : images, names)
        : rootfsTarStream(image);
  await pipeline(stream, process.stdout, { end: false, signal });
  return { to: "standard output", id: await imageId(image), digest: await imageDigest(image), unchanged: false };
}

async function toFile(
  session: Session,
  targets: readonly SolvedTarget[],
  images: readonly Image[],
  names: readonly Reference[],
  output: OutputOption,
  signal: AbortSignal,
): Promise<Written> {
  const path = resolve(output.destination);
  const [image] = images as [Image, ...Image[]];
  const record = `${session.settings.home}/outputs/${digestOf(path).slice("sha256:".length, 40)}.json`;
  // What a file holds follows from the plans' steps, so a file that nobody has touched need not be written again.
  const content = digestOf([
    targets.map(({ solution }) => solution.key),
    names.map(printReference),
    { ...output, destination: "" },
  ]);
  const kept = output.tar ? readKept(record, content, path) : undefined;
  if (kept !== undefined) return { to: output.destination, ...kept, unchanged: true };
  const one = images.length === 1 ? image : images;
  switch (output.type) {
    case "docker":
      await writeDockerArchive(path, image, names, { signal });
      break;
    case "oci":
      if (output.tar) await writeOciArchive(path, one, names, { signal });
      else await writeOciLayout(path, one, names, { signal });
      break;
    case "local":
      await writeLocal(image, path, { signal });
      break;
    case "tar":
      await writeRootfsTar(image, path, { signal });
      break;
  }
  const written = { id: await imageId(image), digest: await imageDigest(image) };
  if (output.tar && session.engine.atRest())
    writeAtomically(record, JSON.stringify({ content, stamp: stampOf(path), ...written }));
  return { to: output.destination, ...written, unchanged: false };
}

function readKept(record: string, content: Digest, path: string): { id: Digest; digest: Digest } | undefined {
  const text = readIfPresent(record);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as { content: Digest; stamp: string; id: Digest; digest: Digest };
  return kept.content === content && kept.stamp === stampOf(path) ? { id: kept.id, digest: kept.digest } : undefined;
}

/** What tells whether somebody has touched a file; undefined where it is gone. */
function stampOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.size, found.mtimeMs, found.ctimeMs, found.ino].join(" ");
}
