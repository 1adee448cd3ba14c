import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A text that `print` makes, and the name of its file under `--dest`. */
export interface PrintedFile {
  readonly name: string;
  readonly text: string;
}

/** Puts printed texts one after another, each but a single one under a comment that names it. */
export function joinPrinted(files: readonly PrintedFile[]): string {
  if (files.length === 1) return files[0]!.text;
  return files.map(({ name, text }) => `# ${name}\n${text}`).join("\n");
}

/** Writes printed texts into a folder, which is made if it is not there. */
export function writePrinted(folder: string, files: readonly PrintedFile[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
}
