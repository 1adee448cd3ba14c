import { resolve } from "node:path";
import { type BuildEvent, digestOf, StrakeError } from "@strake/core";
import { LocalImages, type Packing } from "@strake/engine";
import {
  type Digest,
  dockerArchiveStream,
  familiarReference,
  type Image,
  imageDigest,
  imageId,
  isStream,
  ociArchiveStream,
  printReference,
  type Reference,
  replaceWithCopy,
  rootfsTarStream,
  writeDockerArchive,
  writeLocal,
  writeOciArchive,
  writeOciLayout,
  writeRootfsTar,
} from "@strake/oci";
import { isUntouched, KeptOutputs, type WrittenImage } from "./kept-outputs.ts";
import type { FileOutput, ImageOutput } from "./output-option.ts";
import type { SolvedTarget } from "./plan-targets.ts";
import type { ImagePusher } from "./push-images.ts";
import type { Session } from "./session.ts";
import { showSending } from "./show-sending.ts";
import type { AttestedDestination } from "./write-attested.ts";
import { writeStream } from "./write-stream.ts";
import type { Written } from "./written.ts";

/** A value of `--output`, the local image store, or the Docker daemon. */
export type Destination =
  | FileOutput
  | { readonly type: "store"; readonly names?: readonly string[] }
  | { readonly type: "load"; readonly names?: readonly string[] }
  | (Omit<ImageOutput, "type" | "push"> & { readonly type: "registry"; readonly pusher: ImagePusher });

/** Told what happens, as it happens. */
type Report = (event: BuildEvent) => void;

/** Puts the images of one target, one for each platform, where an output says. */
export async function writeOutput(
  session: Session,
  targets: readonly SolvedTarget[],
  names: readonly Reference[],
  output: Destination,
  signal: AbortSignal,
  progress?: Report,
): Promise<Written> {
  const images = targets.map(({ solution }) => solution.image(packingOf(output, names)));
  const [image] = images as [Image, ...Image[]];
  const wanted = output.type === "registry" && output.byDigest ? names.map(withoutTag) : names;
  const isAttested = targets.some(({ solution }) => (solution.attestations ?? []).length > 0);
  if (isAttested && isAttestedDestination(output)) {
    const { writeAttested } = await import("./write-attested.ts");
    const sending = showSending(targets[0]?.name ?? "image", output.type === "registry" ? progress : undefined);
    return writeAttested(session, targets, images, wanted, output, { sending, signal });
  }
  switch (output.type) {
    case "store": {
      const { digest } = await new LocalImages(session.engine.store, signal).put(image, names);
      return { to: names.map(printReference).join(", "), id: await imageId(image), digest, unchanged: false };
    }
    case "load": {
      const { DockerEngine } = await import("@strake/daemon");
      const { address, tls } = session.settings.docker();
      const docker = new DockerEngine(address, tls);
      const unchanged = await docker.load(image, names, signal);
      return {
        to: `Docker at ${address}`,
        id: await imageId(image),
        digest: await imageDigest(image),
        unchanged,
      };
    }
    case "registry": {
      const sending = showSending(targets[0]?.name ?? "image", progress);
      const pushed = await output.pusher.push(images, wanted, sending.watch);
      sending.finish();
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
      return output.destination === "-" || (output.type !== "local" && isStream(output.destination))
        ? toStream(images, names, output, signal)
        : toFile(session, targets, images, names, output, signal, progress);
  }
}

function isAttestedDestination(output: Destination): output is Destination & AttestedDestination {
  return output.type === "oci" || output.type === "registry";
}

/** The name of a repository, for what is known by its digest alone. @throws StrakeError `usage` for one with a tag */
function withoutTag({ tag, ...reference }: Reference): Reference {
  if (tag === undefined || tag === "latest") return reference;
  const name = familiarReference({ ...reference, tag });
  throw new StrakeError({
    code: "usage",
    message: `${name} cannot be pushed by its digest, since it has a tag`,
    notes: ["Leave the tag out, or push-by-digest=true."],
  });
}

function packingOf(output: Destination, names: readonly Reference[]): Packing {
  if (output.type === "oci" || output.type === "registry") {
    const compression = output.compression === "uncompressed" ? "none" : (output.compression ?? "gzip");
    // Each registry reads all layers that it lacks.
    const keep = output.type === "registry" && new Set(names.map(({ registry }) => registry)).size > 1;
    const { compressionLevel, mediaTypes } = output;
    return {
      compression,
      ...(compressionLevel === undefined ? {} : { level: compressionLevel }),
      ...(mediaTypes === undefined ? {} : { mediaTypes }),
      keep,
    };
  }
  if (output.type === "docker" || output.type === "load")
    return { compression: "none", whole: true, mediaTypes: "docker" };
  return { compression: "none" };
}

/** Writes to standard output, or to a device or pipe of this machine. */
async function toStream(
  images: readonly Image[],
  names: readonly Reference[],
  output: FileOutput,
  signal: AbortSignal,
): Promise<Written> {
  const [image] = images as [Image, ...Image[]];
  const stream =
    output.type === "docker"
      ? dockerArchiveStream(image, names)
      : output.type === "oci"
        ? ociArchiveStream(images.length === 1 ? image : images, names)
        : rootfsTarStream(image);
  const isStandard = output.destination === "-";
  await writeStream(stream, isStandard ? undefined : output.destination, signal);
  return {
    to: isStandard ? "standard output" : output.destination,
    id: await imageId(image),
    digest: await imageDigest(image),
    unchanged: false,
  };
}

async function toFile(
  session: Session,
  targets: readonly SolvedTarget[],
  images: readonly Image[],
  names: readonly Reference[],
  output: FileOutput,
  signal: AbortSignal,
  progress: Report | undefined,
): Promise<Written> {
  const path = resolve(output.destination);
  const [image] = images as [Image, ...Image[]];
  // What a file holds follows from the plans' steps, so a file that nobody has touched need not be written again.
  const content = digestOf([
    targets.map(({ solution }) => solution.key),
    names.map(printReference),
    { ...output, destination: "" },
  ]);
  const outputs = new KeptOutputs(session.settings.home);
  const there = output.tar ? outputs.at(path, content) : undefined;
  if (there !== undefined) return { to: output.destination, id: there.id, digest: there.digest, unchanged: true };
  const exporting = startExport(targets[0]?.name ?? "image", output, progress);
  let written: WrittenImage | undefined = await copyKept(outputs, output, path, content, signal);
  if (written === undefined) {
    await write(path, images, names, output, { signal, progress: exporting.progress });
    written = { id: await imageId(image), digest: await imageDigest(image) };
  }
  exporting.finish();
  if (output.tar && session.engine.atRest()) outputs.keep(path, content, written);
  return { to: output.destination, id: written.id, digest: written.digest, unchanged: false };
}

/** Copies what an earlier build has written elsewhere, if that is the same and nobody has touched it. */
async function copyKept(
  outputs: KeptOutputs,
  output: FileOutput,
  path: string,
  content: Digest,
  signal: AbortSignal,
): Promise<WrittenImage | undefined> {
  const kept = output.tar ? outputs.anywhere(content) : undefined;
  if (kept === undefined) return undefined;
  try {
    await replaceWithCopy(path, kept.path, () => {
      signal.throwIfAborted();
      if (!isUntouched(kept)) throw new ChangedMeanwhile();
    });
    return kept;
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return undefined;
    throw error;
  }
}

/** Somebody has touched a file while it was copied. */
class ChangedMeanwhile extends Error {}

async function write(
  path: string,
  images: readonly Image[],
  names: readonly Reference[],
  output: FileOutput,
  options: { readonly signal: AbortSignal; readonly progress: (written: number) => void },
): Promise<void> {
  const [image] = images as [Image, ...Image[]];
  const one = images.length === 1 ? image : images;
  switch (output.type) {
    case "docker":
      await writeDockerArchive(path, image, names, options);
      break;
    case "oci":
      await (output.tar ? writeOciArchive : writeOciLayout)(path, one, names, options);
      break;
    case "local":
      await writeLocal(image, path, options);
      break;
    case "tar":
      await writeRootfsTar(image, path, options);
      break;
  }
}

const formats = {
  docker: "docker image format",
  oci: "oci image format",
  local: "client directory",
  tar: "client tarball",
};

/** Shows the writing of an output as a step of its own, named as buildx names it. */
function startExport(image: string, output: FileOutput, handle: Report = () => {}) {
  const step = digestOf(["export", output.destination]);
  const started = performance.now();
  let shown = started;
  let size = 0;
  handle({ type: "started", step, image, title: `exporting to ${formats[output.type]}` });
  return {
    progress: (written: number): void => {
      size = written;
      const now = performance.now();
      if (now - shown < shownEvery) return;
      shown = now;
      handle({ type: "progress", step, done: written });
    },
    finish: (): void => {
      const milliseconds = performance.now() - started;
      handle({ type: "finished", step, cached: false, milliseconds, ...(size === 0 ? {} : { size }) });
    },
  };
}

/** Milliseconds between two looks at how far an output is. */
const shownEvery = 100;
