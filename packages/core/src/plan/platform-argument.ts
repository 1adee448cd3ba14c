import type { Platform } from "@strake/oci/document";

const pattern = /^(TARGET|BUILD)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)$/;

/** The arguments that every build knows from its platforms. */
export const platformArguments: readonly string[] = Object.freeze(
  ["BUILD", "TARGET"].flatMap((prefix) =>
    ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"].map((suffix) => prefix + suffix),
  ),
);

/** Whether an argument is one that every build knows from its platforms. */
export function isPlatformArgument(name: string): boolean {
  return platformArguments.includes(name);
}

/**
 * The value of an argument that every build knows: `TARGETPLATFORM`, `BUILDARCH` and the others that Docker has.
 *
 * @param target the platform that the image is for
 * @param build the machine's own
 */
export function platformArgument(name: string, target: Platform, build: Platform): string | undefined {
  const found = pattern.exec(name);
  if (found === null) return undefined;
  const { os, architecture, variant, osVersion } = found[1] === "TARGET" ? target : build;
  const parts = { OS: os, ARCH: architecture, VARIANT: variant ?? "", OSVERSION: osVersion ?? "" };
  if (found[2] === "PLATFORM") return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
  return parts[found[2] as keyof typeof parts];
}
