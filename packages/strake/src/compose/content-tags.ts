import { digestOf, type Image } from "@strake/core";
import { type Digest, digestParts, printReference, type Reference } from "@strake/oci";
import type { BuildRequest } from "../command/request.ts";
import { imageFor, type PreparedTargets, platformsOf, referencesOf, type SolveOptions } from "./build-targets.ts";
import { contentDigest, isRepeatable } from "./content-digest.ts";
import type { Target } from "./find-targets.ts";
import type { ImagePusher } from "./push-images.ts";
import type { Session } from "./session.ts";

/** As many hex digits as make 128 bits: nobody meets the same twice by chance, and people can still compare them. */
const tagLength = 32;

/** The tag that a target's content gives it, and the names that it gets with that. */
export interface ContentTag {
  readonly names: readonly Reference[];
  /** The tag always stands for the same, so an image that has it need not be built. */
  readonly repeatable: boolean;
}

/** An image that a registry has under the tag of its content already. */
export interface PushedBefore {
  readonly to: string;
  readonly digest: Digest;
}

/** Finds the content tags of targets, by their names; nothing is built for it but what an image's values ask for. */
export async function findContentTags(
  session: Session,
  request: BuildRequest,
  { targets, planner }: PreparedTargets,
  { building, signal }: SolveOptions,
): Promise<ReadonlyMap<string, ContentTag>> {
  const tagOf = async ({ name, image }: Target<Image>): Promise<[string, ContentTag]> => {
    const platforms = platformsOf(session, image, request.platforms);
    const planned = await Promise.all(
      platforms.map(async (platform) => {
        const wanted = await imageFor(session, image, platform, planner);
        return (await planner.plan(name, wanted, platform)).planned;
      }),
    );
    const digests = await Promise.all(planned.map((each) => contentDigest(session.engine, each, building, signal)));
    const [digest = digestOf([])] = digests.length === 1 ? digests : [digestOf(digests)];
    const tag = digestParts(digest).hex.slice(0, tagLength);
    const references = referencesOf({ name, tags: planned[0]?.tags ?? [] }, request.tags);
    const repeatable = planned.every(({ plan, pending }) => isRepeatable(plan) && pending.length === 0);
    return [name, { names: withTag(references, tag), repeatable }];
  };
  return new Map(await Promise.all(targets.map(tagOf)));
}

/**
 * Asks the registries which targets they have already, with one request for each repository.
 *
 * Only where pushing is all there is to do: whoever wants a file, an id or every step done anew gets it.
 */
export async function findPushed(
  request: BuildRequest,
  tags: ReadonlyMap<string, ContentTag>,
  pusher: ImagePusher,
): Promise<ReadonlyMap<string, PushedBefore>> {
  const { push, load, outputs, noCache, commands, imageIdFile } = request;
  const more = load || outputs.length > 0 || imageIdFile !== undefined;
  const anew = noCache || commands.noCacheFilter.length > 0;
  // Several targets under one name are a mistake, and it is told of later.
  const mistaken = tags.size > 1 && request.tags.length > 0;
  if (!push || more || anew || mistaken) return new Map();
  const found = [...tags].map(async ([target, { names, repeatable }]): Promise<[string, PushedBefore][]> => {
    if (!repeatable) return [];
    const digests = await Promise.all(names.map((name) => pusher.find(name)));
    const [digest] = digests;
    if (digest === undefined || digests.includes(undefined)) return [];
    return [[target, { to: names.map(printReference).join(", "), digest }]];
  });
  return new Map((await Promise.all(found)).flat());
}

/** The repositories of some names, each once, with one tag. */
function withTag(references: readonly Reference[], tag: string): readonly Reference[] {
  const names = references.map(({ registry, repository }): Reference => ({ registry, repository, tag }));
  return [...new Map(names.map((name) => [printReference(name), name])).values()];
}
