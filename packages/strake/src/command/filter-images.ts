import { familiarReference, parseReference } from "@strake/oci";
import type { ListedImage } from "./listed-image.ts";
import type { ImageFilter } from "./option/image-filter.ts";
import { parseMoment } from "./option/moment.ts";
import { usageError } from "./usage-error.ts";

/** The images that filters name: those before or after which the others came into being. */
export interface FilterImages {
  readonly before: readonly ListedImage[];
  readonly since: readonly ListedImage[];
}

/** Keeps the images that every filter lets through; of several references one is enough, as docker has it. */
export function filterImages(
  images: readonly ListedImage[],
  filters: readonly ImageFilter[],
  { before, since }: FilterImages,
  now: number,
): readonly ListedImage[] {
  const valuesOf = (key: ImageFilter["key"]) => filters.filter((each) => each.key === key).map(({ value }) => value);
  const references = valuesOf("reference");
  return images.filter(
    (image) =>
      (references.length === 0 || references.some((pattern) => matchesReference(pattern, image.name))) &&
      valuesOf("label").every((label) => hasLabel(image, label)) &&
      valuesOf("until").every((value) => image.created < parseMoment("--filter until", value, now)) &&
      valuesOf("dangling").every((value) => (image.name === undefined) === (value === "true")) &&
      before.every((other) => isOlder(image, other)) &&
      since.every((other) => isOlder(other, image)),
  );
}

/** Tells whether a text is a pattern rather than a name. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

/** Tells whether a pattern fits a name as people write it, with its tag or without; a star stops at a slash. */
export function matchesReference(pattern: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  const { tag: _tag, digest: _digest, ...repository } = parseReference(name);
  const expression = toExpression(pattern);
  return [familiarReference(parseReference(name)), familiarReference(repository)].some((each) => expression.test(each));
}

/** Builds set one time for all images, so of two that say the same the one that was named later is the younger. */
function isOlder(one: ListedImage, other: ListedImage): boolean {
  if (one.id === other.id) return false;
  return one.created === other.created ? one.named < other.named : one.created < other.created;
}

function hasLabel({ labels }: ListedImage, label: string): boolean {
  const at = label.indexOf("=");
  if (at === -1) return label in labels;
  return labels[label.slice(0, at)] === label.slice(at + 1);
}

/** Go's path.Match: `*`, `?`, `[a-z]`, `[^a-z]` and a backslash before what stands for itself. */
function toExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\(.)|\[\^?[^\]]+\]|[\s\S]/g, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[^A-Za-z0-9_]/, "\\$&");
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 1) return part.replaceAll("\\", "\\\\");
    return part.replace(/[^A-Za-z0-9_]/, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw usageError(`"${pattern}" is not a pattern for names`);
  }
}
