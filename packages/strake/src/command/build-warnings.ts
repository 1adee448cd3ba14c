import { StrakeError } from "@strake/core";
import { configsOf, type DockerfileImages } from "../compose/dockerfile-images.ts";
import { lintWithBases } from "../compose/lint-with-bases.ts";
import type { Planner } from "../compose/plan-targets.ts";
import type { Session } from "../compose/session.ts";
import type { Progress } from "../screen/progress.ts";
import type { BuildRequest } from "./request.ts";

/** Ends the view of a build, with what BuildKit's checks find in the Dockerfile that was built. */
export async function showWarnings(
  { dockerfile, platform }: Session,
  request: BuildRequest,
  planner: Planner,
  progress: Progress,
): Promise<void> {
  if (dockerfile === undefined || request.progress === "quiet") return progress.end();
  const { buildWarnings, printWarning, printWarnings } = await import("@strake/dockerfile");
  const findings = dockerfile.lint(request.platforms[0] ?? platform, configsOf(planner), true);
  const warnings = buildWarnings(findings);
  const asEvents = request.progress === "json";
  for (const each of asEvents ? warnings : []) progress.handle({ type: "warning", message: printWarning(each) });
  progress.end();
  if (!asEvents) process.stderr.write(printWarnings(warnings));
}

/**
 * Ends a build whose Dockerfile says that warnings are errors, where BuildKit's checks find something.
 *
 * @throws StrakeError `lint-violation`
 */
export async function refuseWarnings(
  session: Session,
  dockerfile: DockerfileImages,
  request: BuildRequest,
): Promise<void> {
  const { buildWarnings, printWarning, violation } = await import("@strake/dockerfile");
  const found = await lintWithBases(dockerfile, session, request.platforms[0] ?? session.platform, true);
  const warnings = buildWarnings(found);
  if (warnings.length === 0) return;
  throw new StrakeError({
    code: "lint-violation",
    message: violation(warnings),
    notes: warnings.map(printWarning),
    site: warnings[0]?.site,
  });
}
