import type { Finding } from "@strake/dockerfile";
import type { ImageConfig, Platform } from "@strake/oci";
import type { BaseConfig, DockerfileImages } from "./dockerfile-images.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Checks a Dockerfile with what its bases say, which are looked up.
 *
 * @param building - only the stages that a build needs are checked
 */
export function lintWithBases(
  dockerfile: DockerfileImages,
  { finder }: Pick<Workspace, "finder">,
  platform: Platform,
  building: boolean,
): Promise<readonly Finding[]> {
  return withBases(finder, (config) => dockerfile.lint(platform, config, building));
}

/** Checks something with the configs of the bases it asks for; one that cannot be found is not known. */
export async function withBases(
  finder: Workspace["finder"],
  lint: (config: BaseConfig) => readonly Finding[],
): Promise<readonly Finding[]> {
  const known = new Map<string, ImageConfig | undefined>();
  for (;;) {
    const missing = new Map<string, readonly [name: string, platform: string]>();
    const findings = lint((...base) => {
      const key = base.join(" ");
      if (!known.has(key)) missing.set(key, base);
      return known.get(key);
    });
    if (missing.size === 0) return findings;
    const lookUp = async ([key, base]: [string, readonly [string, string]]) => {
      known.set(key, await finder.config(...base).catch(() => undefined));
    };
    await Promise.all([...missing].map(lookUp));
  }
}
