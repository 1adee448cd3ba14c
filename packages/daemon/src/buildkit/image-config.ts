import { type Plan, plannedConfig } from "@strake/core";

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
