import type { DockerfileTree } from "../syntax/tree.ts";
import { checkKeywordCasing, checkStageNames } from "./check-names.ts";
import { checkSecrets } from "./check-secrets.ts";
import {
  checkCommandForm,
  checkEmptyLines,
  checkOldForms,
  checkPorts,
  checkUsedOnce,
  checkWorkdir,
} from "./check-settings.ts";
import { checkShell } from "./check-shell.ts";
import { checkBases, checkCopies, checkLabels, checkUser } from "./check-sources.ts";
import { checkFrom, checkVariables } from "./check-variables.ts";
import type { Finding, Severity } from "./finding.ts";
import { type Check, lintedFile, type Report } from "./linted-file.ts";
import { type Rule, rules } from "./rules.ts";
import { readSuppressions } from "./suppressions.ts";

const checks: readonly Check[] = [
  checkStageNames,
  checkKeywordCasing,
  checkUsedOnce,
  checkCommandForm,
  checkOldForms,
  checkEmptyLines,
  checkWorkdir,
  checkPorts,
  checkFrom,
  checkVariables,
  checkSecrets,
  checkBases,
  checkCopies,
  checkShell,
  checkUser,
  checkLabels,
];

/**
 * Checks a Dockerfile against all rules, and returns what they found in the order of the lines.
 *
 * What the file's comments say is honoured: `# check=…` as in BuildKit, `# hadolint ignore=…` and `# strake ignore=…`.
 *
 * @throws StrakeError `dockerfile-stage` for a file without stages
 */
export function lintDockerfile(tree: DockerfileTree): readonly Finding[] {
  const file = lintedFile(tree);
  const suppressions = readSuppressions(tree);
  const findings: Finding[] = [];
  const report: Report = (name, instruction, message, edits, offset = instruction.name.span.start.offset) => {
    const rule: Rule = rules[name];
    if (suppressions.skips(name, rule.alias, instruction)) return;
    const { severity: usual, ...about } = rule;
    const severity: Severity = suppressions.strict && usual === "warning" ? "error" : usual;
    const site = tree.source.site(offset);
    findings.push({ rule: name, ...about, severity, message, site, ...(edits === undefined ? {} : { edits }) });
  };
  for (const check of checks) check(file, report);
  return findings.sort((left, right) => left.site.line - right.site.line);
}
