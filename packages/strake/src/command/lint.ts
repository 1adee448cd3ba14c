import { readFileSync, writeFileSync } from "node:fs";
import { StrakeError } from "@strake/core";
import { type Finding, fixDockerfile, lintDockerfile, parseDockerfile, printFindings } from "@strake/dockerfile";
import type { LintRequest } from "./request.ts";

/**
 * Checks Dockerfiles, mends them where that is asked for, and returns what was found as it is to be printed.
 *
 * The exit status becomes 1 where an error was found, or a warning and the check is strict.
 *
 * @throws StrakeError `no-build-file` for a file that cannot be read, and as parsing does
 */
export function lint({ files, format, fix, strict }: LintRequest): string {
  const names = files.length === 0 ? ["Dockerfile"] : files;
  const findings = names.flatMap((file) => lintFile(file, fix));
  const fails = ({ severity }: Finding) => severity === "error" || (strict && severity === "warning");
  if (findings.some(fails)) process.exitCode = 1;
  return printFindings(findings, format);
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
