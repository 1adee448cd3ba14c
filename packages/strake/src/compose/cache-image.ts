import { type Digest, type Image, imageFrom, isDigest, type Layer, linuxAmd64 } from "@strake/oci";

/** The label of a cache's config that tells which command made which layer. */
const label = "strake.cache.v1";

/**
 * Makes a cache of what commands made, by the commands' content keys.
 *
 * It is an image, so whatever holds images holds it: the layers are what commands made, and a label of the config has
 * their places.
 */
export function cacheImage(layers: ReadonlyMap<Digest, Layer>): Image {
  // In the order of the keys, so that the same commands make the same cache.
  const sorted = [...layers].sort(([left], [right]) => (left < right ? -1 : 1));
  const places = Object.fromEntries(sorted.map(([command], at) => [command, at]));
  return imageFrom({
    config: {
      // A cache has commands of any platform; this says nothing, and is what is asked for.
      os: linuxAmd64.os,
      architecture: linuxAmd64.architecture,
      config: { Labels: { [label]: JSON.stringify(places) } },
      history: [],
    },
    layers: sorted.map(([, layer]) => layer),
  });
}

/**
 * Reads what `cacheImage` made.
 *
 * @throws Error for any other image
 */
export async function readCacheImage(image: Image): Promise<ReadonlyMap<Digest, Layer>> {
  const text = (await image.config()).config?.Labels?.[label];
  if (text === undefined) throw new Error("it is not a cache that strake has written");
  const layers = await image.layers();
  const places: unknown = JSON.parse(text);
  return new Map(
    Object.entries(places ?? {}).flatMap(([command, at]): [Digest, Layer][] => {
      const layer = layers[at as number];
      return isDigest(command) && layer !== undefined ? [[command, layer]] : [];
    }),
  );
}
