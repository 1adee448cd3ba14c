import { type BuildOptions, type Definition, Image, nearest, type Plan, StrakeError } from "@strake/core";
import type { Store } from "@strake/engine";
import { familiarReference, type Platform, parseReference, printPlatform, printReference } from "@strake/oci";
import { Planner } from "./plan-targets.ts";
import type { Workspace } from "./workspace.ts";

/** An image that is there to be run. */
export interface OpenedImage {
  /** Its name, with the digest that it had. */
  readonly name: string;
  readonly plan: Plan;
  readonly options: BuildOptions;
}

/** Adds to what was wrong with a registry that the image is not in the local store either, and what is. */
function notStored(error: unknown, text: string, images: Store["images"]): unknown {
  if (!StrakeError.is(error) || error.code !== "base-not-found") return error;
  const { message, notes, cause } = error;
  const names = images
    .list()
    .flatMap(({ name }) => (name === undefined ? [] : [familiarReference(parseReference(name))]));
  const { tag: _tag, digest: _digest, ...repository } = parseReference(text);
  const others = names.filter((name) => name.startsWith(`${familiarReference(repository)}:`)).slice(0, 5);
  // Only the last part is taken for misspelt: before it there are addresses and people.
  const start = text.lastIndexOf("/") + 1;
  const beside = names.filter((name) => name.lastIndexOf("/") + 1 === start && name.startsWith(text.slice(0, start)));
  const meant = nearest(
    text.slice(start),
    beside.map((name) => name.slice(start).replace(/:latest$/, "")),
  );
  const near =
    others.length > 0 ? `It has ${others.join(", ")}.` : meant && `Did you mean ${text.slice(0, start)}${meant}?`;
  return new StrakeError({
    code: "no-such-image",
    message,
    notes: [`The local store has no image "${text}".${near === undefined ? "" : ` ${near}`}`, ...notes],
    cause,
  });
}

/** What stands for an image without a name, which its digest tells; no registry can ever have it (RFC 2606). */
const unnamed = "strake.invalid/unnamed";

/**
 * Opens an image by name or id: of the store, or else of a registry.
 *
 * @param digest the manifest that the name had when it was opened before
 */
export async function openImage(
  workspace: Workspace,
  text: string,
  platform: Platform = workspace.platform,
  digest?: string,
): Promise<OpenedImage> {
  const { images } = workspace.engine.store;
  const [record] = images.find(text);
  if (record !== undefined) images.touch(record);
  const { digest: named, ...reference } = parseReference(record === undefined ? text : (record.name ?? unnamed));
  // A name may have the digest of an index, which the store does not keep.
  const wanted = digest ?? record?.manifest ?? named;
  const name = printReference(
    parseReference(wanted === undefined ? printReference(reference) : `${printReference(reference)}@${wanted}`),
  );
  const planner = new Planner(workspace, { epoch: 0, pins: new Map() });
  // Made by hand: no line of anybody's build file is to be shown for it.
  const definition: Definition = {
    kind: "from",
    base: { type: "reference", name },
    platform: printPlatform(platform),
    site: { file: "", line: 0, column: 0 },
  };
  const { planned } = await planner.plan("image", new Image(definition), platform).catch((error) => {
    throw record === undefined ? notStored(error, text, images) : error;
  });
  const [base] = planner.resolution.values();
  return {
    name: wanted === undefined && base !== undefined ? `${name}@${base.digest}` : name,
    plan: planned.plan,
    options: { locals: planned.locals, steps: planned.steps },
  };
}
