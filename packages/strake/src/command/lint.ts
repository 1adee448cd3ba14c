import { readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { Image } from "@strake/core";
import {
  type Finding,
  fixDockerfile,
  fixFindings,
  lintDefinitions,
  lintDockerfile,
  parseDockerfile,
  printFindings,
  type Surroundings,
} from "@strake/dockerfile";
import { findBuildFile } from "../compose/find-build-file.ts";
import { findDockerfile, isBuildFile } from "../compose/find-dockerfile.ts";
import type { Target } from "../compose/find-targets.ts";
import { ignoreRulesOf } from "../compose/ignore-rules.ts";
import { loadTargets } from "../compose/load-targets.ts";
import { unreadableFile } from "../compose/unreadable-file.ts";
import type { LintRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** What a check ends with. */
export interface LintResult {
  /** What was found, as it is to be printed. */
  readonly text: string;
  /** An error was found, or a warning and the check is strict. */
  readonly failed: boolean;
}

/**
 * Checks build files and Dockerfiles, and mends them where that is asked for.
 *
 * @throws StrakeError `no-build-file` for a file that cannot be read, and as loading and parsing do
 */
export async function lint(request: LintRequest): Promise<LintResult> {
  const { files, format, strict } = request;
  const findings: Finding[] = [];
  for (const file of files.length === 0 ? [undefined] : files) findings.push(...(await lintFile(file, request)));
  const fails = ({ severity }: Finding) => severity === "error" || (strict && severity === "warning");
  return { text: printFindings(findings, format), failed: findings.some(fails) };
}

async function lintFile(asked: string | undefined, request: LintRequest): Promise<readonly Finding[]> {
  const cwd = process.cwd();
  if (asked !== undefined && !isBuildFile(resolve(cwd, asked))) return lintText(asked, request);
  // A folder may have either; without a name it is the one that a build would take.
  const dockerfile = asked !== undefined && /\.[cm]?[jt]s$/.test(asked) ? undefined : folderDockerfile(cwd, asked);
  if (dockerfile !== undefined) return lintText(shown(dockerfile), request);
  const buildFile = findBuildFile(cwd, asked);
  const findings = lintBuildFile(buildFile, await loadTargets(buildFile, { write: false }));
  return request.fix ? fixBuildFiles(findings) : findings;
}

/** Mends what can be mended in the files that statements stand in, and returns what is left. */
function fixBuildFiles(findings: readonly Finding[]): readonly Finding[] {
  const mendable = findings.filter(({ edits }) => edits !== undefined);
  for (const file of new Set(mendable.map(({ site }) => site.file))) {
    writeFileSync(
      file,
      fixFindings(
        read(file),
        mendable.filter(({ site }) => site.file === file),
      ),
    );
  }
  return findings.filter((finding) => !mendable.includes(finding));
}

function folderDockerfile(cwd: string, folder: string | undefined): string | undefined {
  return findDockerfile(cwd, { places: folder === undefined ? [] : [folder] })?.file;
}

/** Checks the images of a build file; what packages from elsewhere say is not its author's. */
export function lintBuildFile(
  buildFile: string,
  targets: readonly Target<Image>[],
  known: Pick<Surroundings, "basePlatform"> = {},
): readonly Finding[] {
  const findings = lintDefinitions(
    targets.map(({ name, image }) => ({ name, definition: image.definition })),
    { ...known, ignoreOf: ignoreRulesOf(buildFile), sourceOf: readIfThere },
  );
  return findings
    .filter(({ site }) => !site.file.split(sep).includes("node_modules"))
    .map((finding) => ({ ...finding, site: { ...finding.site, file: shown(finding.site.file) } }));
}

function lintText(asked: string, { fix, context }: LintRequest): readonly Finding[] {
  const fromInput = asked === "-";
  if (fromInput && fix) throw usageError("--fix mends files, and standard input is none", "Name the file.");
  const file = fromInput ? "Dockerfile (standard input)" : asked;
  const written = fromInput ? readFileSync(0, "utf8") : read(file);
  const fixed = fix ? fixDockerfile(written, { file }) : written;
  if (fixed !== written) writeFileSync(file, fixed);
  const path = resolve(fromInput ? "(Dockerfile)" : file);
  const root = context === undefined ? dirname(path) : resolve(context);
  return lintDockerfile(parseDockerfile(fixed, { file }), { context: root, ignoreOf: ignoreRulesOf(path, root) });
}

function read(file: string): string {
  const text = readIfThere(file);
  if (text !== undefined) return text;
  throw unreadableFile(file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** A path as people see it: from where they stand, where it is below. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith(`..${sep}`) ? file : path;
}
