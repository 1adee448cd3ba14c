import type { Plan } from "@strake/core";

/** The config that an exporter gives the image, as JSON; the daemon adds the layers' digests. */
function plannedConfig(plan: Plan): string {
  const { architecture, os, variant, osVersion, author, config, history, epoch } = plan.image;
  return JSON.stringify({
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    ...(author === undefined ? {} : { author }),
    created: new Date(epoch * 1000).toISOString().replace(".000Z", "Z"),
    config,
    history,
    rootfs: { type: "layers", diff_ids: [] },
  });
}

/** What every exporter of images is told about an image. */
export function imageAttributes(plan: Plan): Readonly<Record<string, string>> {
  const annotations = Object.entries(plan.image.annotations ?? {}).map(([name, value]) => [
    `annotation.${name}`,
    value,
  ]);
  return {
    "containerimage.config": plannedConfig(plan),
    "source-date-epoch": String(plan.image.epoch),
    ...Object.fromEntries(annotations),
  };
}
