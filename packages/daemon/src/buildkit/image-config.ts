import type { Plan } from "@strake/core";
import type { ImageConfig } from "@strake/oci";

/** The config that a plan gives its image, but for the layers. */
export function plannedConfig(plan: Plan): Omit<ImageConfig, "rootfs"> {
  const { architecture, os, variant, osVersion, author, config, history, epoch } = plan.image;
  return {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    ...(author === undefined ? {} : { author }),
    created: new Date(epoch * 1000).toISOString().replace(".000Z", "Z"),
    config,
    history,
  };
}

/** What every exporter of images is told about an image. */
export function imageAttributes(plan: Plan): Readonly<Record<string, string>> {
  const annotations = Object.entries(plan.image.annotations ?? {}).map(([name, value]) => [
    `annotation.${name}`,
    value,
  ]);
  return {
    // The daemon adds the layers' digests.
    "containerimage.config": JSON.stringify({ ...plannedConfig(plan), rootfs: { type: "layers", diff_ids: [] } }),
    "source-date-epoch": String(plan.image.epoch),
    ...Object.fromEntries(annotations),
  };
}
