import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { StrakeError } from "@strake/core";
import { convertDockerfile } from "@strake/dockerfile";
import { unreadableFile } from "../compose/unreadable-file.ts";
import type { ConvertRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Writes a Dockerfile as a build file.
 *
 * @returns what is printed: the build file, or what was written and what is left to do
 * @throws StrakeError `no-build-file`, `file-exists`, and as converting does
 */
export function convert({ file, output, force }: ConvertRequest): string {
  if (file === "-") return fromInput(output);
  const path = statSync(file, { throwIfNoEntry: false })?.isDirectory() ? join(file, "Dockerfile") : file;
  const code = convertDockerfile(read(path), { file: path });
  if (output === "-") return code;
  const target = output ?? join(dirname(path), "build.ts");
  try {
    writeFileSync(target, code, { flag: force ? "w" : "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new StrakeError({
      code: "file-exists",
      message: `${target} is there already`,
      notes: ["Write elsewhere with -o, look at the result with -o -, or write over it with --force."],
      cause,
    });
  }
  return [`wrote ${target}`, ...leftToDo(path, target)].map((line) => `${line}\n`).join("");
}

/** Converts a Dockerfile from standard input; its place is not known, so what it says is printed. */
function fromInput(output: string | undefined): string {
  const code = convertDockerfile(readFileSync(0, "utf8"), { file: "Dockerfile (standard input)" });
  if (output === undefined || output === "-") return code;
  throw usageError("standard input is converted to standard output", "Leave -o out.");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw unreadableFile(path, path, ["Name the Dockerfile, or its folder: strake convert PATH."]);
  }
}

/** What the Dockerfile's place and name mean, which a build file elsewhere does not know. */
function leftToDo(path: string, target: string): readonly string[] {
  const ignore = `${path}.dockerignore`;
  const moved = relative(dirname(path), dirname(target)) !== "";
  return [
    ...(existsSync(ignore) ? [`${ignore} is for the Dockerfile only: copy it to ${target}.dockerignore`] : []),
    ...(moved ? [`Files are copied from the build file's folder, ${dirname(target)}.`] : []),
  ];
}
