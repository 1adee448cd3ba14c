import type { Finding } from "@strake/dockerfile";
import type { ImageConfig, Platform } from "@strake/oci";
import type { DockerfileImages } from "./dockerfile-images.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Checks a Dockerfile with what its bases say, which are looked up.
 *
 * What hangs on a base that cannot be found is left out.
 *
 * @param building - only the stages that a build needs are checked
 */
export async function lintWithBases(
  dockerfile: DockerfileImages,
  { finder }: Pick<Workspace, "finder">,
  platform: Platform,
  building: boolean,
): Promise<readonly Finding[]> {
  const known = new Map<string, ImageConfig | undefined>();
  for (;;) {
    const missing = new Map<string, readonly [name: string, platform: string]>();
    const config = (...base: [string, string]) => {
      const key = base.join(" ");
      if (!known.has(key)) missing.set(key, base);
      return known.get(key);
    };
    const findings = dockerfile.lint(platform, config, building);
    if (missing.size === 0) return findings;
    const lookUp = async ([key, base]: [string, readonly [string, string]]) => {
      known.set(key, await finder.config(...base).catch(() => undefined));
    };
    await Promise.all([...missing].map(lookUp));
  }
}
