import type { ImageConfig } from "@strake/oci/document";
import type { Surroundings } from "./linted-images.ts";

/** Makes the answer to what bases are for from their configs, as far as those are known. */
export function basePlatformOf(
  baseConfig: (name: string, platform: string) => ImageConfig | undefined,
  buildPlatform: string,
): NonNullable<Surroundings["basePlatform"]> {
  return (name, wanted = buildPlatform) => {
    const { os, architecture, variant = "" } = baseConfig(name, wanted) ?? { os: "", architecture: "" };
    // Some images that were made by hand do not say what they are for.
    if (os === "" || architecture === "") return undefined;
    return { offered: [os, architecture, variant].filter(Boolean).join("/"), wanted };
  };
}
