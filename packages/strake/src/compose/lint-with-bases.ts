import type { Finding } from "@strake/dockerfile";
import type { ImageConfig, Platform } from "@strake/oci";
import type { DockerfileImages } from "./dockerfile-images.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Checks a Dockerfile with what its bases say, which are looked up.
 *
 * What hangs on a base that cannot be found is left out.
 */
export async function lintWithBases(
  dockerfile: DockerfileImages,
  { finder }: Pick<Workspace, "finder">,
  platform: Platform,
): Promise<readonly Finding[]> {
  const known = new Map<string, ImageConfig | undefined>();
  for (;;) {
    const missing = new Map<string, readonly [name: string, platform: string]>();
    const findings = dockerfile.lint(platform, (...base) => {
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
