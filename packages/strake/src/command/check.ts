import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { basePlatformOf, type Finding, isBuildCheck, printCheck } from "@strake/dockerfile";
import { printPlatform } from "@strake/oci";
import { dockerfileOf, targetsOf } from "../compose/build-targets.ts";
import { DockerfileImages } from "../compose/dockerfile-images.ts";
import { hostPlatform } from "../compose/host-platform.ts";
import { lintWithBases, withBases } from "../compose/lint-with-bases.ts";
import { type OpenedDockerfile, openDockerfile } from "../compose/open-dockerfile.ts";
import { openSession } from "../compose/session.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { type LintResult, lintBuildFile } from "./lint.ts";
import type { DefinitionRequest } from "./request.ts";

/**
 * Checks what a build would build against BuildKit's rules, and builds nothing.
 *
 * @returns what is printed; as with docker, the check fails for any warning
 */
export async function check(request: DefinitionRequest, signal: AbortSignal): Promise<LintResult> {
  const opened = await openDockerfile(request, signal);
  if (opened === undefined) return checkBuildFile(request, signal);
  try {
    return await checkDockerfile(opened, request, signal);
  } finally {
    opened.close();
  }
}

/** Checks a Dockerfile, which need not be one that can be built. */
async function checkDockerfile(
  { found, contexts }: OpenedDockerfile,
  request: DefinitionRequest,
  signal: AbortSignal,
): Promise<LintResult> {
  const machine = hostPlatform();
  const options = { ...dockerfileOf(request), contexts, platform: machine };
  const dockerfile = await DockerfileImages.open(found, options, new Map());
  const workspace = openWorkspace({ readOnly: true, pull: request.pull, signal });
  try {
    const findings = await lintWithBases(dockerfile, workspace, request.platforms[0] ?? machine, false);
    const file = found.shown ?? relative(process.cwd(), found.file);
    const named = findings.map((finding) => ({ ...finding, site: { ...finding.site, file } }));
    return result(named, () => found.text);
  } finally {
    await workspace.close();
  }
}

async function checkBuildFile(request: DefinitionRequest, signal: AbortSignal): Promise<LintResult> {
  const session = await openSession({ file: request.file, readOnly: true, pull: request.pull, signal });
  try {
    const { buildFile, finder } = session;
    const targets = targetsOf(session, request);
    const [platform = session.platform] = request.platforms;
    const findings = await withBases(finder, (config) =>
      lintBuildFile(buildFile, targets, { basePlatform: basePlatformOf(config, printPlatform(platform)) }),
    );
    return result(findings, (file) => readFileSync(file, "utf8"));
  } finally {
    await session.close();
  }
}

function result(findings: readonly Finding[], sourceOf: (file: string) => string): LintResult {
  const failed = findings.some(({ rule }) => rule === "BuildError" || isBuildCheck(rule));
  return { text: printCheck(findings, sourceOf), failed };
}
