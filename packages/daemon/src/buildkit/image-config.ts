import { type Plan, plannedConfig } from "@strake/core";
import { printImageConfig } from "@strake/oci";

/** What every exporter of images is told about an image. */
export function imageAttributes(plan: Plan): Readonly<Record<string, string>> {
  const annotations = Object.entries(plan.image.annotations ?? {}).map(([name, value]) => [
    `annotation.${name}`,
    value,
  ]);
  const config = { ...plannedConfig(plan), rootfs: { type: "layers", diff_ids: [] } } as const;
  return {
    // The daemon adds the layers' digests, and leaves the rest as it is: the id is the same as the engine's.
    "containerimage.config": Buffer.from(printImageConfig(config)).toString(),
    "source-date-epoch": String(plan.image.epoch),
    ...Object.fromEntries(annotations),
  };
}
