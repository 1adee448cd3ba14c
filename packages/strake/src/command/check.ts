import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { basePlatformOf, type Finding, isBuildCheck, printCheck } from "@strake/dockerfile";
import { printPlatform } from "@strake/oci";
import { dockerfileOf } from "../compose/build-targets.ts";
import { lintWithBases, withBases } from "../compose/lint-with-bases.ts";
import { openSession } from "../compose/session.ts";
import { type LintResult, lintBuildFile } from "./lint.ts";
import type { DefinitionRequest } from "./request.ts";

/**
 * Checks what a build would build against BuildKit's rules, and builds nothing.
 *
 * @returns what is printed; as with docker, the check fails for any warning
 */
export async function check(request: DefinitionRequest, signal: AbortSignal): Promise<LintResult> {
  const session = await openSession({
    file: request.file,
    readOnly: true,
    pull: request.pull,
    dockerfile: dockerfileOf(request),
    signal,
  });
  try {
    const { dockerfile } = session;
    const [platform = session.platform] = request.platforms;
    if (dockerfile === undefined) {
      const { buildFile, targets, finder } = session;
      const findings = await withBases(finder, (config) =>
        lintBuildFile(buildFile, targets, { basePlatform: basePlatformOf(config, printPlatform(platform)) }),
      );
      return result(findings, (file) => readFileSync(file, "utf8"));
    }
    const findings = await lintWithBases(dockerfile, session, platform, false);
    const file = relative(process.cwd(), dockerfile.file);
    const named = findings.map((finding) => ({ ...finding, site: { ...finding.site, file } }));
    return result(named, () => dockerfile.text);
  } finally {
    await session.close();
  }
}

function result(findings: readonly Finding[], sourceOf: (file: string) => string): LintResult {
  const failed = findings.some(({ rule }) => rule === "BuildError" || isBuildCheck(rule));
  return { text: printCheck(findings, sourceOf), failed };
}
