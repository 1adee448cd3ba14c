import type { Finding } from "./finding.ts";
import { isBuildCheck } from "./rules.ts";

/** Of what a build shows: the findings of BuildKit's own rules. */
export function buildWarnings(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ rule }) => isBuildCheck(rule));
}

/**
 * Prints what a check found as `docker build --check` does: BuildKit's own rules, and what no builder accepts.
 *
 * @param sourceOf gives the text of a finding's file
 */
export function printCheck(findings: readonly Finding[], sourceOf: (file: string) => string): string {
  const warnings = buildWarnings(findings);
  const errors = findings.filter(({ rule }) => rule === "BuildError");
  const excerpt = (finding: Finding) => printExcerpt(finding, sourceOf(finding.site.file));
  const shown = warnings.map((finding) => {
    const { rule, url, message } = finding;
    return `\nWARNING: ${rule}${url === undefined ? "" : ` - ${url}`}\n${message}\n${excerpt(finding)}`;
  });
  return [
    ...(warnings.length > 0 || errors.length === 0 ? [summary(warnings.length)] : []),
    ...shown,
    ...errors.map((finding) => `\nERROR: ${finding.message}\n${excerpt(finding)}`),
    ...(warnings.some(({ severity }) => severity === "error") ? [`\nERROR: ${violation(warnings)}\n`] : []),
  ].join("");
}

/** Prints what a build ends with where there are warnings: their number, and a line for each. */
export function printWarnings(warnings: readonly Finding[]): string {
  if (warnings.length === 0) return "";
  const count = warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`;
  return `\n ${count} found (use --check to expand):\n${warnings.map((each) => ` - ${printWarning(each)}\n`).join("")}`;
}

/** Prints a finding in a line, as BuildKit does. */
export function printWarning({ rule, message, site }: Finding): string {
  return `${rule}: ${message} (line ${site.line})`;
}

/** What a build that warnings end is told. */
export function violation(warnings: readonly Finding[]): string {
  return `lint violation found for rules: ${[...new Set(warnings.map(({ rule }) => rule))].join(", ")}`;
}

function summary(count: number): string {
  if (count === 0) return "Check complete, no warnings found.\n";
  return `Check complete, ${count === 1 ? "1 warning has" : `${count} warnings have`} been found!\n`;
}

/** The lines of a finding with some around them, as BuildKit shows sources. */
function printExcerpt({ site, endLine = site.line }: Finding, text: string): string {
  const lines = text.split("\n");
  if (site.line < 1 || site.line > lines.length) return "";
  const last = Math.min(endLine, lines.length);
  let start = site.line;
  let end = last;
  const around = start === end ? 4 : 2;
  for (let shown = 0; shown < around; shown++) {
    if (start > 1) {
      start--;
      shown++;
    }
    if (end !== lines.length) {
      end++;
      shown++;
    }
  }
  const rows = lines.slice(start - 1, end).map((line, at) => {
    const number = start + at;
    const mark = number >= site.line && number <= last ? ">>>" : "   ";
    return ` ${String(number).padStart(3)} | ${mark} ${line}\n`;
  });
  const rule = "--------------------\n";
  return `${site.file}:${site.line}\n${rule}${rows.join("")}${rule}`;
}
