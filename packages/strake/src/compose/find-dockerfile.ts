import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StrakeError } from "@strake/core";
import { buildFileNames, nearestBuildFile } from "./find-build-file.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** A Dockerfile that is to be built, as it was asked for. */
export interface FoundDockerfile {
  /** Absolute; what the ignore file and the lockfile go by. */
  readonly file: string;
  /** What messages call the file, where it is none of this machine. */
  readonly shown?: string;
  /** What the context is called, where that is not its folder's name. */
  readonly name?: string;
  readonly text: string;
  /** The folder that COPY and ADD take files from; absolute. */
  readonly context: string;
}

/** What a command line says of where to look. */
export interface DockerfileWish {
  /** As it was given with `-f`; `-` is standard input. */
  readonly file?: string | undefined;
  /** What `file` holds, where it is no file of this machine. */
  readonly text?: string;
  /** What stands behind the options: a context, where it is a Dockerfile that is built. */
  readonly places: readonly string[];
}

/**
 * Finds the Dockerfile that a command line means, or tells that it means a build file.
 *
 * It means a Dockerfile where `-f` names one, where the one place it names is a folder with a Dockerfile and no build
 * file, or where it names nothing and the working folder is such a folder.
 *
 * @throws StrakeError `usage`, `no-build-file`
 */
export function findDockerfile(folder: string, { file, text, places }: DockerfileWish): FoundDockerfile | undefined {
  if (file === undefined) {
    const [place = "."] = places;
    const context = resolve(folder, place);
    if (places.length === 1) checkPlace(folder, place, context);
    // Without a build file there are no targets that several words could name.
    if (places.length > 1 && nearestBuildFile(folder) === undefined && dockerfileOf(folder) !== undefined) {
      throw oneContext(places);
    }
    const found = places.length > 1 ? undefined : dockerfileOf(context);
    if (found === undefined || buildFileNames.some((name) => isFile(join(context, name)))) return undefined;
    return { file: found, text: readFileSync(found, "utf8"), context };
  }
  if (isBuildFile(resolve(folder, file))) return undefined;
  if (places.length > 1) throw oneContext(places);
  const context = resolve(folder, places[0] ?? ".");
  if (!isFolder(context)) throw noContext(places[0] ?? ".");
  const elsewhere = file === "-" ? "Dockerfile (standard input)" : file;
  const given = text ?? (file === "-" ? readFileSync(0, "utf8") : undefined);
  // By no name that could have an ignore file of its own.
  if (given !== undefined) return { file: join(context, "(Dockerfile)"), shown: elsewhere, text: given, context };
  // As docker has it: a path from where one stands.
  const path = inAnyCase(resolve(folder, file));
  try {
    return { file: path, text: readFileSync(path, "utf8"), context };
  } catch {
    throw unreadableFile(path, file);
  }
}

/** Refuses a place that can only be a folder with a Dockerfile, and is none: there are no targets it could name. */
function checkPlace(folder: string, place: string, context: string): void {
  if (nearestBuildFile(folder) !== undefined || nearestBuildFile(context) !== undefined) return;
  if (!isFolder(context)) {
    if (place.includes("/") || dockerfileOf(folder) !== undefined) throw noContext(place);
  } else if (dockerfileOf(context) === undefined) {
    throw new StrakeError({
      code: "no-build-file",
      message: `there is no Dockerfile in ${place}`,
      notes: ["Name one with -f, or write a build.ts here that exports an image."],
    });
  }
}

/** The Dockerfile of a folder. */
function dockerfileOf(folder: string): string | undefined {
  const path = inAnyCase(join(folder, "Dockerfile"));
  return isFile(path) ? path : undefined;
}

/** As docker has it, `Dockerfile` may be written small where there is no other. */
function inAnyCase(path: string): string {
  const small = join(dirname(path), "dockerfile");
  return basename(path) === "Dockerfile" && !isFile(path) && isFile(small) ? small : path;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Tells whether a path is a build file by its name, or a folder. */
export function isBuildFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return true;
  return /\.[cm]?[jt]s$/.test(basename(path));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function oneContext(places: readonly string[]): StrakeError {
  return new StrakeError({
    code: "usage",
    message: `a Dockerfile is built in one folder, not in ${places.join(" and ")}`,
  });
}

function noContext(place: string): StrakeError {
  return new StrakeError({
    code: "usage",
    message: `${place} is not a folder`,
    notes: ["Behind the options stands what COPY takes files from: a folder, a git repository, a tar's address, or -."],
  });
}
