import type { Finding } from "./finding.ts";
import { type RuleName, rules } from "./rules.ts";

/** How findings can be printed. */
export const lintFormats: readonly ["text", "json", "sarif", "github"] = ["text", "json", "sarif", "github"];

export type LintFormat = (typeof lintFormats)[number];

/** Prints findings: for people, as JSON, as SARIF 2.1.0, or as the commands that GitHub shows beside the lines. */
export function printFindings(findings: readonly Finding[], format: LintFormat): string {
  switch (format) {
    case "text":
      return findings.map(printText).join("");
    case "json":
      return `${JSON.stringify(findings.map(({ edits, ...finding }) => ({ ...finding, fixable: edits !== undefined })))}\n`;
    case "sarif":
      return `${JSON.stringify(toSarif(findings))}\n`;
    case "github":
      return findings.map(printGithub).join("");
  }
}

function printText({ site, severity, rule, alias, message, advice }: Finding): string {
  const name = alias === undefined ? rule : `${rule}, ${alias}`;
  return `${site.file}:${site.line}:${site.column}: ${severity}: ${message} (${name})\n  ${advice}\n`;
}

function printGithub({ site, severity, rule, message, advice }: Finding): string {
  const command = severity === "info" ? "notice" : severity;
  const place = `file=${escapeProperty(site.file)},line=${site.line},col=${site.column},title=${rule}`;
  return `::${command} ${place}::${escapeData(`${message}. ${advice}`)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function toSarif(findings: readonly Finding[]): unknown {
  const names = [...new Set(findings.map(({ rule }) => rule))].sort();
  const described = names.map((id) => {
    const { advice, url } = rules[id as RuleName];
    return { id, help: { text: advice }, ...(url === undefined ? {} : { helpUri: url }) };
  });
  const results = findings.map(({ rule, severity, message, site, endLine }) => ({
    ruleId: rule,
    level: severity === "info" ? "note" : severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: site.file.split("/").map(encodeURIComponent).join("/") },
          region: {
            startLine: site.line,
            startColumn: site.column,
            ...(endLine === undefined || endLine === site.line ? {} : { endLine }),
          },
        },
      },
    ],
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "strake", rules: described } }, results }],
  };
}
