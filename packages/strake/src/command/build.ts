import type { BuildEvent } from "@strake/core";
import { Solution, writeAtomically } from "@strake/engine";
import { type Platform, parseBaseName, parseReference, type Reference } from "@strake/oci";
import type { Solver, SolverPorts } from "../builder/solver.ts";
import {
  checkTargetName,
  dockerfileOf,
  isImageName,
  keepPins,
  platformsOf,
  prepareTargets,
  referencesOf,
  solveTargets,
  type TargetImages,
} from "../compose/build-targets.ts";
import { buildingOptions } from "../compose/building-options.ts";
import { checkOutputFile, checkOutputFolder } from "../compose/check-path.ts";
import { type ContentTag, findContentTags, findPushed } from "../compose/content-tags.ts";
import type { EngineCacheOptions, EngineCaches } from "../compose/engine-caches.ts";
import { inParallel } from "../compose/in-parallel.ts";
import type { OutputOption } from "../compose/output-option.ts";
import type { Planner } from "../compose/plan-targets.ts";
import { ImagePusher } from "../compose/push-images.ts";
import { openSession, type Session } from "../compose/session.ts";
import { writeStepRecords } from "../compose/step-records.ts";
import { type Destination, writeOutput } from "../compose/write-output.ts";
import type { Written } from "../compose/written.ts";
import { startProgress } from "../screen/start-progress.ts";
import { refuseWarnings, showWarnings } from "./build-warnings.ts";
import { type Built, describeBuilt } from "./describe-built.ts";
import { openShell } from "./open-shell.ts";
import type { BuildRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** How many images are pushed at once; what of their blobs is sent at once is the registry client's affair. */
const mostPushes = 8;

/** Builds images and puts them where the request says; ids are printed on standard output. */
export async function build(request: BuildRequest, signal: AbortSignal): Promise<void> {
  // A name that is none is found before anything is done.
  const tags = [...new Set([...request.tags, ...request.outputs.flatMap(({ names }) => names)])];
  for (const tag of tags) parseReference(tag);
  checkPaths(request);
  checkAttestations(request);
  checkCompression(request);
  const progress = startProgress(request.progress, process.stderr, process.env);
  let session: Session | undefined;
  let solver: Solver | undefined;
  try {
    const { jobs, isolation, shellOnFailure } = request.commands;
    session = await openSession({
      file: request.file,
      readOnly: false,
      pull: request.pull,
      dockerfile: dockerfileOf(request),
      jobs,
      isolation,
      ...(shellOnFailure ? { onFailure: (failed) => openShell(failed, () => progress.end()) } : {}),
      signal,
    });
    const handle = progress.handle.bind(progress);
    const planned: PlannedTarget[] = [];
    const caches = await cachesOf(session, request, { images: () => planned, progress: handle, signal });
    const building = {
      ...buildingOptions(request, process.env),
      ...(caches === undefined ? {} : { findLayer: caches.find }),
    };
    solver = await solverOf(session, request, { report: handle, signal });
    if (session.dockerfile?.strict) await refuseWarnings(session, session.dockerfile, request);
    const options = { building, solvePlan: solver?.solvePlan, progress: handle, signal };
    const prepared = await prepareTargets(session, request, options);
    const { planner } = prepared;
    const contentTags = request.tagByContent ? await findContentTags(session, request, prepared, options) : noTags;
    const pushed = await findPushed(request, contentTags, new ImagePusher(session));
    const wanted = prepared.targets.filter(({ name }) => !pushed.has(name));
    for (const { name, image } of wanted) {
      if (session.dockerfile === undefined) checkTargetName({ name, image }, tags);
      planned.push({ name, platforms: platformsOf(session, image, request.platforms) });
    }
    checkDestinations(request, planned, destinationsOf(request, session, planner));
    const targets = await solveTargets(session, request, { targets: wanted, planner });
    // Anew, because only now it is known what the images stand on.
    const destinations = destinationsOf(request, session, planner);
    const built: Built[] = [];
    for (const [name, { to, digest }] of pushed) {
      handle({ type: "exported", image: name, to, digest, unchanged: true });
      built.push({ name, names: contentTags.get(name)?.names ?? [], digest, solved: [] });
    }
    // Registries take many at once; files and the store are written one after another.
    const remote = destinations.every(({ type }) => type === "registry");
    const results = await inParallel(targets, remote ? mostPushes : 1, async (target): Promise<Built> => {
      const extra = contentTags.get(target.name)?.names ?? [];
      const written = await writeAll(session as Session, target, request, extra, destinations, signal, handle);
      const [{ id, digest }] = written as [Written, ...Written[]];
      const names = [...referencesOf(target, tags), ...extra];
      return { name: target.name, names, id, digest, solved: target.solved };
    });
    built.push(...results);
    const order = prepared.targets.map(({ name }) => name);
    built.sort((left, right) => order.indexOf(left.name) - order.indexOf(right.name));
    const solutions = targets.flatMap((target) => target.solved.map(({ solution }) => solution));
    session.engine.keep(solutions.filter((solution) => solution instanceof Solution));
    keepPins(session, request, planner);
    await caches?.write(targets);
    for (const { name, solved } of targets) {
      const [first] = solved;
      if (first !== undefined) writeStepRecords(session.settings.home, session.buildFile, name, first.solution);
    }
    for (const message of solver?.summary() ?? []) handle({ type: "note", message });
    await showWarnings(session, request, planner, progress);
    report(session, request, built, destinations);
  } finally {
    progress.end();
    solver?.close();
    await session?.close();
  }
}

/** Where nothing can be written is said before anything is built. */
function checkPaths({ outputs, imageIdFile, metadataFile }: BuildRequest): void {
  for (const output of outputs) {
    if (!("destination" in output) || output.destination === "-") continue;
    const option = `--output type=${output.type},dest=${output.destination}`;
    (output.tar ? checkOutputFile : checkOutputFolder)(option, output.destination);
  }
  if (imageIdFile !== undefined) checkOutputFile("--iidfile", imageIdFile, { makes: true });
  if (metadataFile !== undefined) checkOutputFile("--metadata-file", metadataFile, { makes: true });
}

/** Attestations come from daemons, and are over the very bytes of the image that they come with. */
function checkAttestations({ attestations, builders, outputs, push, load }: BuildRequest): void {
  const [type] = attestations.keys();
  if (type === undefined) return;
  if (builders.every((builder) => builder === "engine")) {
    throw usageError(
      `--attest type=${type}: attestations are made by a BuildKit`,
      `Name one with --builder, or say --${type}=false.`,
    );
  }
  const holds = (output: OutputOption) =>
    output.type === "image" ? output.push || push : output.type === "oci" && output.destination !== "-";
  if (load || !(outputs.every(holds) && (push || outputs.length > 0))) {
    throw usageError(
      `--attest type=${type}: attestations go to registries and into OCI files only`,
      "Write the image with --push or -o type=oci,dest=PATH, and with nothing else.",
    );
  }
}

/** The engine packs what it makes, and leaves the layers of bases as they are. */
function checkCompression({ builders, outputs }: BuildRequest): void {
  const isForced = outputs.some((output) => "forceCompression" in output && output.forceCompression);
  if (!isForced || builders.some((builder) => builder !== "engine")) return;
  throw usageError("force-compression= is for daemons", "Leave it out, or name a BuildKit with --builder.");
}

/** Makes ready who builds; nobody but the engine needs to be. */
async function solverOf(session: Session, request: BuildRequest, ports: SolverPorts): Promise<Solver | undefined> {
  if (request.builders.every((builder) => builder === "engine")) return undefined;
  const { openSolver } = await import("../builder/open-solver.ts");
  return openSolver(session, request, ports);
}

/** The caches of commands that the request names. */
async function cachesOf(
  session: Session,
  { cacheFrom, cacheTo }: BuildRequest,
  options: Omit<EngineCacheOptions, "from" | "to">,
): Promise<EngineCaches | undefined> {
  if (cacheFrom.length + cacheTo.length === 0) return undefined;
  const { parseCacheOption } = await import("@strake/daemon");
  const { EngineCaches } = await import("../compose/engine-caches.ts");
  return new EngineCaches(session, {
    ...options,
    from: cacheFrom.map(parseCacheOption),
    to: cacheTo.map(parseCacheOption),
  });
}

/** What is known of a target before it is built. */
interface PlannedTarget {
  readonly name: string;
  readonly platforms: readonly Platform[];
}

const noTags: ReadonlyMap<string, ContentTag> = new Map();

function destinationsOf(request: BuildRequest, session: Session, planner: Planner): readonly Destination[] {
  // One for all outputs, so that each registry gets each blob once.
  const pusher = new ImagePusher(session, basesOf(planner));
  // As buildx has it: --push makes an output that is an image one that is pushed.
  const pushed = request.push && request.outputs.every(({ type }) => type !== "image");
  const asked = [
    ...request.outputs.map((output): Destination => {
      if (output.type !== "image") return output;
      const { names, push, compression, compressionLevel, byDigest } = output;
      if (byDigest && !push && !request.push) throw usageError("push-by-digest= is for images that are pushed");
      if (!push && !request.push && (compression ?? compressionLevel) !== undefined) {
        throw usageError("the local store keeps layers as they are made", "Compression is for what is pushed.");
      }
      return push || request.push ? { ...output, type: "registry", pusher } : { type: "store", names };
    }),
    ...(request.load ? [{ type: "load" } as const] : []),
    ...(pushed ? [{ type: "registry", names: [], pusher } as const] : []),
  ];
  return asked.length > 0 ? asked : [{ type: "store" }];
}

/** The images that others stand on: the registry they come from may have their layers. */
function basesOf(planner: Planner): readonly Reference[] {
  const keys = [...planner.resolution.keys()].filter(isImageName);
  return keys.map((key) => parseBaseName(key.slice(0, key.lastIndexOf(" "))));
}

/** What cannot work is said before anything is built. */
function checkDestinations(
  request: BuildRequest,
  targets: readonly PlannedTarget[],
  destinations: readonly Destination[],
): void {
  const files = destinations.filter((destination) => "destination" in destination);
  if (targets.length > 1 && files.length > 0) {
    const names = targets.map(({ name }) => name).join(", ");
    throw usageError(`${targets.length} targets cannot go to one output (${names})`, "Name the target to build.");
  }
  const names = [...request.tags, ...destinations.flatMap((each) => ("names" in each ? (each.names ?? []) : []))];
  if (targets.length > 1 && names.length > 0) {
    throw usageError("several targets cannot have one name", "Name the target, or give each a name with .tag().");
  }
  if (request.imageIdFile !== undefined && targets.length > 1) throw usageError("--iidfile is for one target");
  const several = targets.find(({ platforms }) => platforms.length > 1);
  if (several === undefined) return;
  const single = destinations.find((destination) => destination.type !== "oci" && destination.type !== "registry");
  if (single === undefined) return;
  throw usageError(
    `${several.name} is built for several platforms, which ${placeOf(single)} cannot hold`,
    "Write them with -o type=oci,dest=…, push them, or choose one with --platform.",
  );
}

function placeOf({ type }: Destination): string {
  if (type === "store") return "the local store";
  return type === "load" ? "the Docker daemon" : `type=${type}`;
}

async function writeAll(
  session: Session,
  target: TargetImages,
  request: BuildRequest,
  more: readonly Reference[],
  destinations: readonly Destination[],
  signal: AbortSignal,
  progress: (event: BuildEvent) => void,
): Promise<readonly Written[]> {
  const written: Written[] = [];
  for (const destination of destinations) {
    const extra = "names" in destination ? (destination.names ?? []) : [];
    // The tag of the content comes last: what has it has all its other names.
    const names = [...referencesOf(target, [...request.tags, ...extra]), ...more];
    const result = await writeOutput(session, target.solved, names, destination, signal, progress);
    const { to, digest, unchanged } = result;
    progress({ type: "exported", image: target.name, to, digest, unchanged });
    written.push(result);
  }
  return written;
}

/** Results go to standard output, unless the image itself does. */
function report(
  session: Session,
  request: BuildRequest,
  built: readonly Built[],
  destinations: readonly Destination[],
): void {
  const id = built[0]?.id;
  if (request.imageIdFile !== undefined && id !== undefined) writeAtomically(request.imageIdFile, id);
  if (request.metadataFile !== undefined) {
    const described = describeBuilt(built, session.dockerfile !== undefined);
    writeAtomically(request.metadataFile, `${JSON.stringify(described, null, 2)}\n`);
  }
  if (destinations.some((destination) => "destination" in destination && destination.destination === "-")) return;
  for (const { name, id, digest } of built) {
    // The id of an image that nobody looked at is not known, its manifest's digest is.
    const known = id ?? digest;
    process.stdout.write(request.progress === "quiet" ? `${known}\n` : `${name} ${known}\n`);
  }
}
