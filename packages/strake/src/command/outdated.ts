import { type Digest, engineImageName, familiarReference, parseBaseName, type Reference } from "@strake/oci";
import { formatTable } from "../format/table.ts";
import type { LockedName } from "../lock/locked-names.ts";
import { newerTags } from "../lock/newer-tags.ts";
import { lookUpNames, type OpenLock, openLock } from "../lock/open-lock.ts";
import { shortDigest } from "../lock/print-update.ts";
import type { OutdatedRequest } from "./request.ts";

/** How a name stands: a row of `strake outdated`. */
export interface NameState {
  /** As people write it. */
  readonly name: string;
  readonly platform: string;
  /** Null where the lockfile does not pin the name. */
  readonly pinned: Digest | null;
  readonly newest: Digest;
  /** Tags of the same shape with higher numbers: the newest of the same first number, and the newest. */
  readonly newerTags: readonly string[];
  readonly outdated: boolean;
}

/** What `strake outdated` prints, and whether something is outdated. */
export interface OutdatedResult {
  readonly text: string;
  readonly outdated: boolean;
}

/** Looks the names of the lockfile up and tells which stand for something newer; nothing is written. */
export async function listOutdated(request: OutdatedRequest, signal: AbortSignal): Promise<OutdatedResult> {
  const lock = await openLock(request, true, signal);
  try {
    const { names } = lock;
    await lookUpNames(lock);
    const tags = new Tags(lock);
    const states: NameState[] = [];
    for (const name of names.used) states.push(await stateOf(lock, name, tags));
    const outdated = states.filter((state) => state.outdated);
    const text = request.json ? `${JSON.stringify(states, null, 2)}\n` : printStates(outdated);
    return { text, outdated: outdated.length > 0 };
  } finally {
    await lock.session.close();
  }
}

async function stateOf({ planner }: OpenLock, { key, use, pinned }: LockedName, tags: Tags): Promise<NameState> {
  const newest = planner.resolution.get(key)?.digest as Digest;
  const reference = parseBaseName(use.name.name);
  const newer = newerTags(reference.tag ?? "latest", await tags.of(reference));
  return {
    name: familiarReference(reference),
    platform: use.name.platform,
    pinned: pinned ?? null,
    newest,
    newerTags: newer,
    outdated: pinned !== newest || newer.length > 0,
  };
}

function printStates(outdated: readonly NameState[]): string {
  if (outdated.length === 0) return "";
  return formatTable(
    ["NAME", "PLATFORM", "PINNED", "NEWEST", "NEWER TAGS"],
    outdated.map(({ name, platform, pinned, newest, newerTags }) => [
      name,
      platform,
      pinned === null ? "-" : shortDigest(pinned),
      newest === pinned ? "the same" : shortDigest(newest),
      newerTags.length === 0 ? "-" : newerTags.join(", "),
    ]),
  );
}

/** The tags of repositories, each listed once. */
class Tags {
  readonly #lock: OpenLock;
  readonly #listed = new Map<string, Promise<readonly string[]>>();

  constructor(lock: OpenLock) {
    this.#lock = lock;
  }

  /** The tags beside a name's own; none where the registry does not list them. */
  of({ registry, repository, tag }: Reference): Promise<readonly string[]> {
    // Nothing is of the same shape as a tag without numbers, so nobody is asked.
    const isAsked = engineImageName({ registry, repository }) === undefined && tag !== undefined && /\d/.test(tag);
    if (!isAsked) return Promise.resolve([]);
    const key = `${registry}/${repository}`;
    const listing = this.#listed.get(key) ?? this.#list(registry, repository);
    this.#listed.set(key, listing);
    return listing;
  }

  async #list(registry: string, repository: string): Promise<readonly string[]> {
    const client = (await this.#lock.session.registry()).client(registry);
    return client.listTags(repository).catch((error: unknown) => {
      // Some registries list tags to nobody, or only to some.
      if ((error as { name?: string }).name === "RegistryError") return [];
      throw error;
    });
  }
}
