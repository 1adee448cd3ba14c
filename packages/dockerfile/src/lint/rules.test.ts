import { join } from "node:path";
import { expect, test } from "vitest";
import type { Rule } from "./rule.ts";
import { isBuildCheck, rules } from "./rules.ts";

const list: readonly (readonly [string, Rule])[] = Object.entries(rules);

/** The rules as a table of Markdown. */
function table(build: boolean): string {
  const rows = list.filter(([name]) => isBuildCheck(name) === build).map(([name, rule]) => row(name, rule));
  return `| rule | hadolint | | finds | in | what to do |\n|---|---|---|---|---|---|\n${rows.join("")}`;
}

function row(name: string, { url, alias, aliases = [], severity, about, advice, textual, experimental }: Rule): string {
  const linked = url === undefined ? name : `[${name}](${url})`;
  const where = textual ? "Dockerfiles" : "both";
  const how = experimental ? "off" : severity;
  return `| ${linked} | ${[alias ?? [], aliases].flat().join(", ")} | ${how} | ${about} | ${where} | ${advice.replaceAll("|", "\\|")} |\n`;
}

const document = `# Rules of \`strake lint\`

Made from \`lint/rules.ts\` by its test: \`npx vitest run packages/dockerfile/src/lint/rules.test.ts -u\` writes it anew.

An *error* fails the check, a *warning* does with \`--strict\` or \`# check=error=true\`, an *info* never; what is *off* is asked for with \`# check=experimental=NAME\`. Rules that are for *both* look at what is built, whether a Dockerfile or a \`build.ts\` says it; the others look at the text of a Dockerfile.

A rule is left out with \`// strake-ignore: NAME\` in a \`build.ts\`, and with \`# check=skip=NAME\`, \`# hadolint ignore=CODE\` or \`# strake ignore=NAME\` in a Dockerfile: at the line or right above it. \`# check=skip=…\` at the top and \`# hadolint global ignore=…\` are for the whole file.

## BuildKit's build checks

These are also what \`strake build\` shows after a build, and what \`strake build --check\` prints.

${table(true)}
## More

${table(false)}`;

test("the document of the rules is that of the code", async () => {
  await expect(document).toMatchFileSnapshot(join(import.meta.dirname, "../../RULES.md"));
});

test("the rules of BuildKit are all there", () => {
  expect(list.filter(([name]) => isBuildCheck(name))).toHaveLength(22);
});

test("a code of hadolint is one rule's only", () => {
  const codes = list.flatMap(([, { alias, aliases = [] }]) => [alias ?? [], aliases].flat());
  expect(new Set(codes).size).toBe(codes.length);
});
