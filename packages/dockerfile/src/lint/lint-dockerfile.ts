import { type CallSite, nearest, parentPath, type StrakeError } from "@strake/core";
import { readDockerfile } from "../read/read-dockerfile.ts";
import type { ReadOptions } from "../read/read-options.ts";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import { basePlatformOf } from "./base-platform.ts";
import { checkKeywordCasing, checkStageCasing } from "./check-names.ts";
import {
  checkDescriptions,
  checkEmptyLines,
  checkEnvReferences,
  checkGlobalSecrets,
  checkOldForms,
  checkPorts,
} from "./check-texts.ts";
import { checkFrom } from "./check-variables.ts";
import { editsFor } from "./edits-for.ts";
import type { Finding } from "./finding.ts";
import { lintImages } from "./lint-images.ts";
import { type Check, type LintedFile, lintedFile, type Report } from "./linted-file.ts";
import type { LintedImage, Surroundings } from "./linted-images.ts";
import { makeFinding } from "./make-finding.ts";
import { rules } from "./rules.ts";
import { readSuppressions } from "./suppressions.ts";

/** What a check of a Dockerfile goes by besides its text. */
export interface LintDockerfileOptions
  extends Pick<Surroundings, "ignoreOf">,
    Pick<ReadOptions, "baseConfig" | "buildPlatform" | "contexts"> {
  /** The folder that COPY takes files from; the file's own where absent. */
  readonly context?: string;
  /** Only this stage and those it needs are looked at. */
  readonly target?: string;
  /** Only what a build needs is looked at, also where it has no target. */
  readonly building?: boolean;
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** The platform to build for; `linux/amd64` where absent. */
  readonly platform?: string;
}

const defaultPlatform = "linux/amd64";

/** The checks of the text, for what a definition has not. */
const checks: readonly Check[] = [
  checkStageCasing,
  checkKeywordCasing,
  checkOldForms,
  checkEmptyLines,
  checkPorts,
  checkEnvReferences,
  checkFrom,
  checkGlobalSecrets,
  checkDescriptions,
];

/**
 * Checks a Dockerfile against all rules, and returns what they found in the order of the lines.
 *
 * What the file's comments say is honoured: `# check=…` as in BuildKit, `# hadolint ignore=…` and `# strake ignore=…`.
 * What hangs on the variables of a base that is not known is left out.
 *
 * @throws StrakeError `dockerfile-stage` for a file without stages
 */
export function lintDockerfile(tree: DockerfileTree, options: LintDockerfileOptions = {}): readonly Finding[] {
  const file = lintedFile(tree);
  const suppressions = readSuppressions(tree, options.buildArgs);
  const findings: Finding[] = [];
  const report: Report = (name, instruction, message, edits, offset = instruction.name.span.start.offset) => {
    // What cannot be built stays so, whatever comments say.
    if (name !== "BuildError" && suppressions.skips(name, rules[name], instruction)) return;
    const site = tree.source.site(offset);
    const endLine = offset === instruction.name.span.start.offset ? lastLine(instruction) : site.line;
    findings.push(makeFinding(name, { message, site, endLine, strict: suppressions.strict, edits }));
  };
  for (const check of checks) check(file, report);
  checkMeaning(file, options, report);
  return findings.sort((left, right) => left.site.line - right.site.line);
}

/** What is passed on to the reading as it is. */
function given({ baseConfig, buildPlatform, contexts, buildArgs }: LintDockerfileOptions): Partial<ReadOptions> {
  return {
    ...(baseConfig === undefined ? {} : { baseConfig }),
    ...(buildPlatform === undefined ? {} : { buildPlatform }),
    ...(contexts === undefined ? {} : { contexts }),
    ...(buildArgs === undefined ? {} : { buildArgs }),
  };
}

/** Reads the definitions of the stages and checks those. */
function checkMeaning(file: LintedFile, options: LintDockerfileOptions, report: Report): void {
  const { tree, stages } = file;
  const instructions = new Map(
    tree.instructions.map((each) => [place(tree.source.site(each.name.span.start.offset)), each]),
  );
  const { definition, definitions } = readDockerfile(tree, {
    context: options.context ?? parentPath(tree.source.file),
    platform: options.platform ?? defaultPlatform,
    keepUnset: true,
    onError: (error, instruction) => reportError(error, instruction, report),
    onUnset: (name, instruction, known) => reportUnset(name, instruction, known, report),
    ...given(options),
    ...(options.target === undefined ? { allStages: options.building !== true } : { target: options.target }),
  });
  const images = [...definitions].map(([index, stage]): LintedImage => {
    const name = stages[index]?.name;
    return { definition: stage, final: stage === definition, ...(name === undefined ? {} : { name }) };
  });
  const { ignoreOf, baseConfig, platform = defaultPlatform } = options;
  const linted = {
    images,
    notation: "dockerfile" as const,
    word: ({ site, kind }: { site: CallSite; kind: string }) =>
      instructions.get(place(site))?.name.value ?? kind.toUpperCase(),
    ...(ignoreOf === undefined ? {} : { ignoreOf }),
    ...(baseConfig === undefined ? {} : { basePlatform: basePlatformOf(baseConfig, platform) }),
  };
  lintImages(linted, (rule, { site }, message) => {
    const instruction = instructions.get(place(site));
    if (instruction !== undefined) report(rule, instruction, message, editsFor(rule, instruction, tree.escape));
  });
}

function reportUnset(name: string, instruction: Instruction, known: Iterable<string>, report: Report): void {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : ` (did you mean $${near}?)`;
  report("UndefinedVar", instruction, `Usage of undefined variable '$${name}'${hint}`);
}

/** A FROM that names nothing without a build argument is for the rules about FROM. */
function reportError(error: StrakeError, instruction: Instruction, report: Report): void {
  if (instruction.keyword === "from" && instruction.words[0]?.value.includes("$")) return;
  report("BuildError", instruction, error.message);
}

function lastLine({ span, text }: Instruction): number {
  return span.start.line + text.replace(/\r?\n$/, "").split("\n").length - 1;
}

function place({ line, column }: CallSite): string {
  return `${line}:${column}`;
}
