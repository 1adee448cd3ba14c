import type { CacheOption } from "@strake/daemon";

/**
 * The caches of one image: `{image}` and `{platform}` stand for what is built.
 *
 * A cache that is written again holds only what was written last, so images that are built at the same time, here or on
 * several builders, need one each.
 */
export function imageCaches(caches: readonly CacheOption[], image: string, platform: string): readonly CacheOption[] {
  const values: Readonly<Record<string, string>> = { image: toName(image), platform: toName(platform) };
  const fill = (text: string) => text.replaceAll(/\{(image|platform)\}/g, (_, name: string) => values[name] ?? "");
  return caches.map(({ type, attributes }) => {
    const filled = Object.entries(attributes).map(([name, value]) => [name, fill(value)]);
    return { type, attributes: Object.fromEntries(filled) };
  });
}

/** A text as it may stand in a repository's name, a tag or a file's name. */
function toName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
