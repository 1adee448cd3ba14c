import { existsSync } from "node:fs";
import { relative } from "node:path";
import { type BuildEvent, declaredArguments, type Image, proxiesOf, StrakeError } from "@strake/core";
import { type Platform, parsePlatform, parseReference, type Reference } from "@strake/oci";
import type { DefinitionRequest } from "../command/request.ts";
import { FrozenLock } from "../lock/frozen-lock.ts";
import type { BuildingOptions } from "./building-options.ts";
import { didYouMean } from "./did-you-mean.ts";
import { selectTargets, type Target } from "./find-targets.ts";
import { lockFileOf, type Pins, readLockFile, writeLockFile } from "./lock-file.ts";
import { Planner, type SolvedTarget } from "./plan-targets.ts";
import type { Session, SessionOptions } from "./session.ts";
import type { SolvePlan } from "./target-solution.ts";

/** One target with its images, one for each platform. */
export interface TargetImages {
  readonly name: string;
  readonly solved: readonly SolvedTarget[];
  /** Names that the definition gives the image. */
  readonly tags: readonly string[];
}

/** How targets are solved. */
export interface SolveOptions {
  readonly building: BuildingOptions;
  /** Does what plans say; the engine where absent. */
  readonly solvePlan?: SolvePlan | undefined;
  readonly progress?: ((event: BuildEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The targets of a request, and what plans them. */
export interface PreparedTargets {
  readonly targets: readonly Target<Image>[];
  readonly planner: Planner;
}

/** Plans what a request names and finds out what every step comes to, all targets at the same time. */
export async function solveTargets(
  session: Session,
  request: DefinitionRequest,
  { targets, planner }: PreparedTargets,
): Promise<readonly TargetImages[]> {
  return Promise.all(
    targets.map(async ({ name, image }): Promise<TargetImages> => {
      const platforms = platformsOf(session, image, request.platforms);
      const each = await Promise.all(
        platforms.map(async (platform) => {
          const wanted = await imageFor(session, image, platform, planner);
          return planner.solve(name, wanted, platform);
        }),
      );
      return { name, solved: each, tags: each[0]?.planned.tags ?? [] };
    }),
  );
}

/** What a request says to a Dockerfile, if one is built. */
export function dockerfileOf(request: DefinitionRequest): NonNullable<SessionOptions["dockerfile"]> {
  const { places, stages, buildArgs, contexts } = request;
  return { places, stage: stages.at(-1), buildArgs, contexts };
}

/** The targets that a request names; a Dockerfile has one, whatever else the request names. */
export function targetsOf(session: Session, request: Pick<DefinitionRequest, "targets">): readonly Target<Image>[] {
  return session.dockerfile === undefined ? selectTargets(session.targets, request.targets) : session.targets;
}

/** The image of a target for a platform; a Dockerfile is read for each platform anew. */
export async function imageFor(session: Session, image: Image, platform: Platform, planner: Planner): Promise<Image> {
  return session.dockerfile === undefined ? image : session.dockerfile.image(platform, planner);
}

/** Chooses the targets of a request, and makes ready what plans them; a frozen lockfile is checked for all of them. */
export async function prepareTargets(
  session: Session,
  request: DefinitionRequest,
  options: SolveOptions,
): Promise<PreparedTargets> {
  const targets = targetsOf(session, request);
  const pins = readLockFile(lockFileOf(session.buildFile));
  const { buildArgs, platforms } = request;
  const frozen = isFrozen(session, request) ? frozenLock(session, request, pins) : undefined;
  if (session.dockerfile === undefined) warnUnusedArguments(targets, request, options.progress);
  const planner = new Planner(session, {
    buildArgs,
    labels: request.labels,
    annotations: request.annotations,
    epoch: request.epoch,
    building: options.building,
    ...(options.solvePlan === undefined ? {} : { solvePlan: options.solvePlan }),
    pins: request.pull ? new Map() : pins,
    ...(frozen === undefined ? {} : { frozen }),
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // All at once, so that everything that is wrong is told at once. The names of a Dockerfile are known later.
  if (frozen !== undefined && session.dockerfile === undefined) {
    const names = targets.flatMap(({ image }) =>
      platformsOf(session, image, platforms).flatMap((platform) => planner.names(image.definition, platform)),
    );
    await planner.lookUp(names);
  }
  return { targets, planner };
}

function frozenLock(session: Session, request: DefinitionRequest, pins: Pins): FrozenLock {
  const { buildArgs, places, stages } = request;
  const byCi = request.frozenByCi === true;
  const images = targetsOf(session, request).map(({ image }) => image);
  // Whoever mends the lockfile may sit at another kind of machine, where such an image would be for another platform.
  const unsaid = images.some((image) => saidPlatforms(image) === undefined) ? [session.platform] : [];
  const platforms = request.platforms.length > 0 ? request.platforms : unsaid;
  if (session.dockerfile === undefined) return new FrozenLock(pins, { byCi, file: request.file, buildArgs, platforms });
  const file = request.file ?? (places.length > 0 ? relative(process.cwd(), session.buildFile) : undefined);
  return new FrozenLock(pins, { byCi, file, stage: stages.at(-1), buildArgs, platforms });
}

/** Who builds a Dockerfile does not expect to need a lockfile, unless one is there or asked for. */
function isFrozen(session: Session, request: DefinitionRequest): boolean {
  const asked = request.frozenLockfile && request.frozenByCi !== true;
  if (asked || session.dockerfile === undefined) return request.frozenLockfile;
  return request.frozenLockfile && existsSync(lockFileOf(session.buildFile));
}

/** Writes down what names were found to stand for, so that the next build stands on the same. */
export function keepPins(session: Session, request: DefinitionRequest, planner: Planner): void {
  if (request.frozenLockfile) return;
  // Who builds a Dockerfile does not expect a file beside it; one that is there is kept up to date.
  if (session.dockerfile !== undefined && !existsSync(lockFileOf(session.buildFile))) return;
  const file = lockFileOf(session.buildFile);
  const pins = new Map(readLockFile(file));
  for (const [key, base] of planner.resolution) if (isImageName(key)) pins.set(key, base.digest);
  if (pins.size > 0) writeLockFile(file, pins);
}

/** The names that an image gets: those of the command line, else the definition's, else the target's own. */
export function referencesOf(
  target: Pick<TargetImages, "name" | "tags">,
  tags: readonly string[],
): readonly Reference[] {
  const names = tags.length > 0 ? tags : target.tags.length > 0 ? target.tags : [target.name.toLowerCase()];
  return names.map((name) => parseReference(name));
}

/**
 * Makes sure, before anything is built, that a target has a name that an image can have.
 *
 * @throws StrakeError `invalid-reference`
 */
export function checkTargetName({ name, image }: Target<Image>, tags: readonly string[]): void {
  if (tags.length > 0 || hasTags(image)) return;
  try {
    referencesOf({ name, tags: [] }, []);
  } catch (cause) {
    throw new StrakeError({
      code: "invalid-reference",
      message: `the target "${name}" cannot lend the image its name: ${(cause as Error).message}`,
      notes: ["Name the image with .tag() or with -t, or export it under another name."],
      site: image.definition.site,
      cause,
    });
  }
}

function hasTags(image: Image): boolean {
  for (let node = image.definition; node.kind !== "from"; node = node.input) if (node.kind === "tag") return true;
  return false;
}

/** Whether a key of a resolution is an image's name; files of this machine have none. */
export function isImageName(key: string): boolean {
  return !/^(ociLayout|archive|rootfs):/.test(key);
}

/** The platforms that an image is built for: those that are asked for, else those it names, else the one here. */
export function platformsOf(session: Session, image: Image, asked: readonly Platform[]): readonly Platform[] {
  return asked.length > 0 ? asked : (saidPlatforms(image) ?? [session.platform]);
}

function saidPlatforms(image: Image): readonly Platform[] | undefined {
  for (let node = image.definition; node.kind !== "from"; node = node.input) {
    if (node.kind === "platforms") return node.platforms.map((platform) => parsePlatform(platform));
  }
  return undefined;
}

/** A build argument that nothing declares is most likely misspelt; Docker ignores it without a word. */
function warnUnusedArguments(
  targets: readonly Target<Image>[],
  request: DefinitionRequest,
  progress: ((event: BuildEvent) => void) | undefined,
): void {
  if (request.buildArgs.size === 0 || progress === undefined) return;
  const declared = declaredArguments(targets.map(({ image }) => image.definition));
  const hasMeaning = (name: string) =>
    name.startsWith("BUILDKIT_") || name === "SOURCE_DATE_EPOCH" || proxiesOf(new Map([[name, ""]])).size > 0;
  for (const name of request.buildArgs.keys()) {
    if (declared.has(name) || hasMeaning(name)) continue;
    const [meant] = didYouMean(name, [...declared]);
    const question = meant === undefined ? "" : `. ${meant}`;
    progress({ type: "warning", message: `no image declares the build argument ${name}${question}` });
  }
}
