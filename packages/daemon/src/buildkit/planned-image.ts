import { type Plan, plannedConfig } from "@strake/core";
import { type Digest, type Image, imageFrom, type Layer, layerFromEntries, recompressed } from "@strake/oci";
import { DaemonError } from "../daemon-error.ts";

/**
 * Puts the config and history of a plan over the layers of an image that a daemon made without them.
 *
 * The daemon writes a line of history for each layer in order, and leaves out the layers in which nothing is; the
 * plan's history counts those, as BuildKit does, so they are put back.
 *
 * @param saved what the daemon made; undefined for an image of no layers
 * @param base the diff ids of the image that the plan stands on, which have to be those of the lowest layers
 * @throws DaemonError `refused` where the daemon made something else than the plan says
 */
export async function plannedImage(
  plan: Plan,
  saved: Image | undefined,
  base: readonly Digest[],
  address: string,
): Promise<Image> {
  const layers = saved === undefined ? [] : await allLayers(saved);
  const wanted = plan.image.history.filter(({ empty_layer }) => !empty_layer).length;
  if (layers.length !== wanted) {
    throw refused(`${address} made ${layers.length} layers, and the plan has ${wanted}`);
  }
  for (const [at, diffId] of base.entries()) {
    const found = await layers[at]?.diffId();
    if (found !== diffId)
      throw refused(`layer ${at + 1} of the base is ${found} on ${address}, and ${diffId} elsewhere`);
  }
  const { annotations } = plan.image;
  return imageFrom({
    config: plannedConfig(plan),
    layers: layers.map((layer) => recompressed(layer, "gzip")),
    ...(annotations === undefined ? {} : { annotations }),
  });
}

async function allLayers(saved: Image): Promise<readonly Layer[]> {
  const { history = [] } = await saved.config();
  const rest = [...(await saved.layers())];
  const layers = history.map(({ empty_layer }) => (empty_layer ? emptyLayer() : rest.shift()));
  return [...layers, ...rest].filter((layer) => layer !== undefined);
}

function emptyLayer(): Layer {
  return layerFromEntries([], { compression: "none" });
}

function refused(message: string): DaemonError {
  return new DaemonError("refused", message, { hint: "Build with the engine, or update the Docker Engine." });
}
