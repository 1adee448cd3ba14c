import { StrakeError } from "@strake/core";
import type { Digest, Image } from "@strake/oci";
import { type ImageDifference, imageDifference } from "./image-difference.ts";
import { InstalledPackages } from "./installed-packages.ts";
import type { LockedName } from "./locked-names.ts";
import { lookUpNames, type OpenLock } from "./open-lock.ts";
import { type PackageChange, packageChanges } from "./parse-packages.ts";

/** What became of a name that was looked up anew. */
export interface UpdatedName {
  readonly key: string;
  /** Absent where the name was not pinned yet. */
  readonly before?: Digest | undefined;
  readonly after: Digest;
  /** Absent where nothing moved, and where the image that it was can be had no more. */
  readonly difference?: ImageDifference;
  /** Absent where nobody asked, and where the images do not say. */
  readonly packages?: readonly PackageChange[];
  /** Why there are none, where that is known. */
  readonly unreadPackages?: string;
}

/** Looks names up and compares what they stand for with what they are pinned to. */
export async function updateNames(
  lock: OpenLock,
  options: { readonly packages: boolean },
): Promise<readonly UpdatedName[]> {
  const { names, planner } = lock;
  await lookUpNames(lock);
  const installed = options.packages ? new InstalledPackages() : undefined;
  const updated: UpdatedName[] = [];
  for (const name of names.used) {
    const after = planner.resolution.get(name.key)?.digest as Digest;
    const { key, pinned: before } = name;
    const compared =
      before === undefined || before === after ? {} : await compare(lock, name, before, after, installed);
    updated.push({ key, before, after, ...compared });
  }
  return updated;
}

async function compare(
  lock: OpenLock,
  name: LockedName,
  before: Digest,
  after: Digest,
  installed: InstalledPackages | undefined,
): Promise<Pick<UpdatedName, "difference" | "packages" | "unreadPackages">> {
  const now = await open(lock, name, after);
  // Registries may remove what nothing is called any more; the name moves all the same.
  const old = await open(lock, name, before).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (old === undefined) return {};
  const difference = imageDifference(await described(old), await described(now));
  if (installed === undefined) return { difference };
  const [had, has] = [await installed.of(old), await installed.of(now)];
  const unread = has.unread ?? had.unread;
  // Half of a comparison would tell that everything was added, or is gone.
  if (unread !== undefined) return { difference, unreadPackages: unread };
  if (had.packages === undefined && has.packages === undefined) return { difference };
  return { difference, packages: packageChanges(had.packages ?? new Map(), has.packages ?? new Map()) };
}

function open({ session }: OpenLock, { use }: LockedName, digest: Digest): Promise<Image> {
  const { name, platform } = use.name;
  return session.finder.open({ type: "image", reference: name, digest, platform }, undefined);
}

async function described(image: Image) {
  return { manifest: await image.manifest(), config: await image.config() };
}

function isMissing(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return !StrakeError.is(error) && name === "RegistryError" && code === "not-found";
}
