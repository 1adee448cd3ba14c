import { usageError } from "../usage-error.ts";

/**
 * Reads a file of variables as `docker run --env-file` does: `NAME=value` or `NAME` a line, `#` begins a comment.
 *
 * Quotes are part of the value. A name alone stands for the value that the environment has.
 *
 * @param file what the file is called in messages
 * @throws StrakeError `usage` at a line whose name is none
 */
export function parseEnvFile(text: string, file: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line, at) => ({ line: line.replace(/\r$/, "").trimStart(), number: at + 1 }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"))
    .map(({ line, number }) => {
      const [name = ""] = line.split("=", 1);
      if (name !== "" && !/\s/.test(name)) return line;
      throw usageError(`${file}:${number}: expected NAME=value or NAME, and no blanks in the name`);
    });
}
