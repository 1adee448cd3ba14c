import { type CopyFrom, type Definition, statementsOf, type TextValue } from "@strake/core";

/** What a Dockerfile consists of: the images that are its stages, and those it takes from elsewhere. */
export interface ImageOrder {
  /** Before those that use them, the target last. */
  readonly stages: readonly Definition[];
  /** The offered images that are used. */
  readonly given: readonly Definition[];
  /** Last parts of the names of outside images, such as `node`: a stage or context may not be called so. */
  readonly outside: ReadonlySet<string>;
}

/**
 * Puts the images that a target needs in order.
 *
 * An offered image is taken from outside, unless it is wanted for a platform of its own: whoever offers it has it for
 * the target's platforms only.
 */
export function imageOrder(target: Definition, offered: ReadonlySet<Definition> = new Set()): ImageOrder {
  const pinned = pinnedImages(target);
  const stages = new Set<Definition>();
  const given = new Set<Definition>();
  const outside = new Set<string>();
  const visit = (image: Definition): void => {
    if (stages.has(image)) return;
    if (image !== target && offered.has(image) && !pinned.has(image)) return void given.add(image);
    for (const node of statementsOf(image)) {
      for (const name of outsideNamesOf(node)) outside.add(name.replace(/(:[^/]*)?(@.*)?$/, "").replace(/^.*\//, ""));
      for (const used of imagesOf(node)) visit(used);
    }
    stages.add(image);
  };
  visit(target);
  return { stages: [...stages], given: [...given], outside };
}

/** The images that are wanted for a certain platform, and what those need. */
function pinnedImages(target: Definition): ReadonlySet<Definition> {
  const seen = new Set<Definition>();
  const pinned = new Set<Definition>();
  const visit = (image: Definition, isPinned: boolean): void => {
    if ((isPinned ? pinned : seen).has(image)) return;
    seen.add(image);
    if (isPinned) pinned.add(image);
    for (const node of statementsOf(image)) {
      const pins = isPinned || (node.kind === "from" && node.platform !== undefined);
      for (const used of imagesOf(node)) visit(used, pins);
    }
  };
  visit(target, false);
  return pinned;
}

function imagesOf(node: Definition): readonly Definition[] {
  if (node.kind === "from") return node.base.type === "image" ? [node.base.image] : [];
  return sourcesOf(node).flatMap((from) => (from.type === "image" ? [from.image] : []));
}

function outsideNamesOf(node: Definition): readonly string[] {
  const names: readonly TextValue[] =
    node.kind === "from"
      ? node.base.type === "reference"
        ? [node.base.name]
        : []
      : sourcesOf(node).flatMap((from) => (from.type === "reference" ? [from.name] : []));
  return names.filter((name) => typeof name === "string");
}

function sourcesOf(node: Definition): readonly CopyFrom[] {
  if (node.kind === "copy") return [node.from];
  if (node.kind !== "run") return [];
  return node.mounts.flatMap((mount) => ("from" in mount && mount.from !== undefined ? [mount.from] : []));
}
