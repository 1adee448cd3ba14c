import { type Image, type NameUse, type OutsideName, type Pins, resolutionKey, StrakeError } from "@strake/core";
import { type Digest, familiarReference, type Platform, parseBaseName, printReference } from "@strake/oci";
import { imageFor, platformsOf } from "../compose/build-targets.ts";
import { didYouMean } from "../compose/did-you-mean.ts";
import type { Planner } from "../compose/plan-targets.ts";
import type { Session } from "../compose/session.ts";

/** A name and platform that the images of a session stand on. */
export interface LockedName {
  /** As the lockfile has it: `name platform`. */
  readonly key: string;
  readonly use: NameUse & { readonly name: Extract<OutsideName, { type: "image" }> };
  /** What the lockfile pins it to, if it does. */
  readonly pinned?: Digest | undefined;
}

/** The names of a session's images, and those that are only in the lockfile. */
export interface LockedNames {
  readonly used: readonly LockedName[];
  /** Keys of pins whose names no image uses any more. */
  readonly unused: readonly string[];
}

/**
 * Finds what a lockfile should say: every name for every platform that an image is for or that it is pinned for.
 *
 * Others may have pinned a name for their own machine's platform, so a name that is used keeps all of its platforms.
 * What a Dockerfile uses cannot be told for all of its stages and arguments at once; of its pins none counts as unused,
 * and neither does any where names are made of build arguments.
 *
 * @param asked platforms besides those that the images say
 */
export async function lockedNames(
  session: Session,
  planner: Planner,
  pins: Pins,
  asked: readonly Platform[],
): Promise<LockedNames> {
  const uses: NameUse[] = [];
  const images: [Image, Platform][] = [];
  for (const { image } of session.targets) {
    for (const platform of new Set([...platformsOf(session, image, []), ...asked])) {
      const read = await imageFor(session, image, platform, planner);
      uses.push(...planner.names(read.definition, platform));
      images.push([read, platform]);
    }
  }
  const isUsed = (key: string) => uses.some(({ name }) => name.type === "image" && name.name === nameOf(key).name);
  // What else is pinned may stand in the ONBUILD instructions of a base, which has to be looked up to be asked.
  if (session.dockerfile === undefined && ![...pins.keys()].every(isUsed)) {
    for (const [image, platform] of images) uses.push(...(await planner.triggeredNames(image, platform)));
  }
  const used = new Map<string, LockedName>();
  const add = (use: NameUse) => {
    if (!isImageUse(use)) return;
    const key = resolutionKey(use.name);
    const { digest } = parseBaseName(use.name.name);
    // A name with a digest says itself what it stands for.
    if (digest === undefined && !used.has(key)) used.set(key, { key, use, pinned: pins.get(key) });
  };
  for (const use of uses) add(use);
  const keepsAll = session.dockerfile !== undefined || uses.some(({ variable }) => variable);
  const unused: string[] = [];
  for (const key of pins.keys()) {
    const name = nameOf(key);
    const same = uses.find((use) => use.name.type === "image" && use.name.name === name.name);
    if (same !== undefined) add({ ...same, name });
    else if (keepsAll) add({ name, site: { file: "", line: 0, column: 0 } });
    else unused.push(key);
  }
  return { used: [...used.values()].sort(byKey), unused };
}

/**
 * Picks the names that somebody asks for: as `debian:12`, or `debian` for every tag of it. Without any, all.
 *
 * @throws StrakeError `usage` for one that is not there
 */
export function selectNames(names: LockedNames, wanted: readonly string[]): LockedNames {
  if (wanted.length === 0) return names;
  const keys = [...names.used.map(({ key }) => key), ...names.unused];
  const chosen = new Set<string>();
  for (const text of wanted) {
    const matches = keys.filter((key) => matchesName(nameOf(key).name, text));
    if (matches.length === 0) throw unknownName(text, keys);
    for (const key of matches) chosen.add(key);
  }
  return {
    used: names.used.filter(({ key }) => chosen.has(key)),
    unused: names.unused.filter((key) => chosen.has(key)),
  };
}

/** A pin's name, as people write it, and its platform. */
export function familiarKey(key: string): string {
  const { name, platform } = nameOf(key);
  return `${familiarReference(parseBaseName(name))} ${platform}`;
}

function matchesName(name: string, text: string): boolean {
  const asked = parseBaseName(text);
  if (printReference(asked) === name) return true;
  const tagged = text.slice(text.lastIndexOf("/") + 1).includes(":");
  const { registry, repository } = parseBaseName(name);
  return !tagged && registry === asked.registry && repository === asked.repository;
}

function nameOf(key: string): Extract<OutsideName, { type: "image" }> {
  const space = key.lastIndexOf(" ");
  return { type: "image", name: key.slice(0, space), platform: key.slice(space + 1) };
}

function isImageUse(use: NameUse): use is LockedName["use"] {
  return use.name.type === "image";
}

function unknownName(text: string, keys: readonly string[]): StrakeError {
  const known = [...new Set(keys.map((key) => familiarReference(parseBaseName(nameOf(key).name))))];
  const suggestion = didYouMean(text, known);
  const all = known.length === 0 ? "No image stands on a name." : `The names are ${known.join(", ")}.`;
  return new StrakeError({
    code: "usage",
    message: `no image stands on ${text}, and strake.lock does not pin it`,
    notes: suggestion.length > 0 ? suggestion : [all],
  });
}

// Code units, as in the lockfile.
function byKey(left: LockedName, right: LockedName): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}
