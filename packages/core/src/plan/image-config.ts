import type { ImageConfig } from "@strake/oci/document";
import type { Plan } from "./plan.ts";

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
