import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StrakeError } from "@strake/core";

/**
 * Makes sure that a file which is to be read is there, before anything is done.
 *
 * @param folders a folder will do too
 * @throws StrakeError `usage`
 */
export function checkInput(path: string, { folders = false }: { readonly folders?: boolean } = {}): void {
  const found = kindOf(path);
  if (found === undefined) throw wrongPath(`${path} does not exist`, "Check the spelling of its path.");
  if (found === "folder" && !folders) throw wrongPath(`${path} is a folder, not a file`, "Name the file in it.");
}

/**
 * Makes sure that a file can be written at a path, as far as can be told beforehand.
 *
 * @param option what the path was given to, for messages: `--output type=oci,dest=out.tar`
 * @param makes the folder above is made where it is missing
 * @throws StrakeError `usage`
 */
export function checkOutputFile(
  option: string,
  path: string,
  { makes = false }: { readonly makes?: boolean } = {},
): void {
  if (kindOf(path) === "folder") throw wrongPath(`${option}: ${path} is a folder`, "Name a file in it.");
  if (makes) checkAbove(option, path);
  else checkFolder(option, dirname(resolve(path)));
}

function checkFolder(option: string, path: string): void {
  const found = kindOf(path);
  if (found === "file") throw wrongPath(`${option}: ${path} is a file, so there is no place for another in it`);
  if (found === undefined) {
    throw wrongPath(`${option}: there is no folder ${path}`, "Make it first, or choose another.");
  }
  checkTakesFiles(option, path);
}

/** Makes sure that a folder can be written at a path, as `checkOutputFile` does; folders above are made. */
export function checkOutputFolder(option: string, path: string): void {
  if (kindOf(path) === "file") {
    throw wrongPath(
      `${option}: ${path} is a file, and a folder is to be written`,
      "Remove it, or choose another name.",
    );
  }
  checkAbove(option, path);
}

/** The nearest thing above a path that is there has to be a folder. */
function checkAbove(option: string, path: string): void {
  for (let above = dirname(resolve(path)); ; above = dirname(above)) {
    const found = kindOf(above);
    if (found === "folder") checkTakesFiles(option, above);
    if (found === "file") throw wrongPath(`${option}: ${above} is a file, so no folder can be made in it`);
    if (found === "folder" || above === dirname(above)) return;
  }
}

/** In /proc nothing can be made, and Node tries without end to make a folder there with those above it. */
function checkTakesFiles(option: string, folder: string): void {
  if (!`${resolve(folder)}/`.startsWith("/proc/")) return;
  throw wrongPath(`${option}: nothing can be made in ${folder}, which shows processes`, "Choose another place.");
}

/** What a path leads to; anything that is no folder, such as a device, can be read and written like a file. */
function kindOf(path: string): "file" | "folder" | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? undefined : found.isDirectory() ? "folder" : "file";
  } catch (error) {
    // Below a file there is nothing; what may not be looked at shows itself when it is used.
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    return "folder";
  }
}

function wrongPath(message: string, ...notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "usage", message, notes });
}
