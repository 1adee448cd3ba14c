import type { Descriptor } from "../document/descriptor.ts";
import type { ImageIndex } from "../document/image-index.ts";
import { printReference, type Reference } from "../reference.ts";

/** The tag, by the OCI image layout spec; some tools write whole names there. */
const refName = "org.opencontainers.image.ref.name";
/** The whole name, by containerd. */
const imageName = "io.containerd.image.name";

/** One image of a layout and the names that it has there. */
export interface NamedDescriptor {
  readonly descriptor: Descriptor;
  readonly names: readonly string[];
}

/** The images of a layout's index, each once, with names as they are written there. */
export function namedDescriptors(index: ImageIndex): readonly NamedDescriptor[] {
  const found = new Map<string, { descriptor: Descriptor; names: string[] }>();
  for (const described of index.manifests) {
    const { annotations, ...descriptor } = described;
    const known = found.get(descriptor.digest) ?? { descriptor, names: [] as string[] };
    found.set(descriptor.digest, known);
    const name = annotations?.[imageName] ?? annotations?.[refName];
    if (name !== undefined && !known.names.includes(name)) known.names.push(name);
  }
  return [...found.values()];
}

/** The descriptors under which a layout keeps an image: one for each name, or one without. */
export function describeNames(descriptor: Descriptor, names: readonly Reference[]): readonly Descriptor[] {
  if (names.length === 0) return [descriptor];
  return names.map((name) => {
    const tag = name.tag === undefined ? {} : { [refName]: name.tag };
    const annotations = { ...descriptor.annotations, [imageName]: printReference(name), ...tag };
    return { ...descriptor, annotations };
  });
}

/** The descriptor under which a layout keeps an image by a name as it is written there: a tag alone, or a whole name. */
export function describeTag(descriptor: Descriptor, tag: string): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [refName]: tag } };
}

/** Puts descriptors into a layout's index; names that it has go over to the new ones, all other images stay. */
export function mergeNames(index: ImageIndex, added: readonly Descriptor[]): ImageIndex {
  const kept = index.manifests.filter((old) => !added.some((fresh) => replaces(fresh, old)));
  return { ...index, manifests: [...kept, ...added] };
}

function replaces(fresh: Descriptor, old: Descriptor): boolean {
  const whole = old.annotations?.[imageName];
  const tag = old.annotations?.[refName];
  if (whole !== undefined) return whole === fresh.annotations?.[imageName];
  if (tag !== undefined) return tag === fresh.annotations?.[refName];
  return old.digest === fresh.digest;
}
