import { readFileSync, writeFileSync } from "node:fs";
import { StrakeError } from "@strake/core";
import { type Finding, fixDockerfile, lintDockerfile, parseDockerfile, printFindings } from "@strake/dockerfile";
import type { LintRequest } from "./request.ts";

/** What a check ends with. */
export interface LintResult {
  /** What was found, as it is to be printed. */
  readonly text: string;
  /** An error was found, or a warning and the check is strict. */
  readonly failed: boolean;
}

/**
 * Checks Dockerfiles, and mends them where that is asked for.
 *
 * @throws StrakeError `no-build-file` for a file that cannot be read, and as parsing does
 */
export function lint({ files, format, fix, strict }: LintRequest): LintResult {
  const names = files.length === 0 ? ["Dockerfile"] : files;
  const findings = names.flatMap((file) => lintFile(file, fix));
  const fails = ({ severity }: Finding) => severity === "error" || (strict && severity === "warning");
  return { text: printFindings(findings, format), failed: findings.some(fails) };
}

function lintFile(file: string, fix: boolean): readonly Finding[] {
  const written = read(file);
  if (!fix) return lintDockerfile(parseDockerfile(written, { file }));
  const fixed = fixDockerfile(written, { file });
  if (fixed !== written) writeFileSync(file, fixed);
  return lintDockerfile(parseDockerfile(fixed, { file }));
}

function read(file: string): string {
  const build = /\.[cm]?[jt]s$/.test(file);
  if (build) throw new StrakeError({ code: "usage", message: `${file} is no Dockerfile: lint reads Dockerfiles` });
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new StrakeError({ code: "no-build-file", message: `${file} cannot be read` });
  }
}
