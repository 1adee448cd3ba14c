import { checkBases } from "./check-bases.ts";
import { checkCommandForm, checkMaintainer, checkUsedOnce } from "./check-commands.ts";
import { checkDuplicateEnv, checkImageNames, checkLabels, checkUser } from "./check-config.ts";
import { checkArchives, checkCopies } from "./check-copies.ts";
import { checkPlaces } from "./check-places.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkShell } from "./check-shell.ts";
import type { ImageCheck, LintedImages, ReportStatement } from "./linted-images.ts";

const checks: readonly ImageCheck[] = [
  checkImageNames,
  checkCommandForm,
  checkUsedOnce,
  checkMaintainer,
  checkPlaces,
  checkSecrets,
  checkBases,
  checkCopies,
  checkArchives,
  checkShell,
  checkUser,
  checkLabels,
  checkDuplicateEnv,
];

/** Checks what images say against all rules that do not depend on the notation. */
export function lintImages(linted: LintedImages, report: ReportStatement): void {
  for (const check of checks) check(linted, report);
}
