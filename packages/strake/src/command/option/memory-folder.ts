import { usageError } from "../usage-error.ts";
import { parseBytes } from "./bytes.ts";

/** A folder in memory that a container is to have. */
export interface MemoryFolder {
  readonly type: "tmpfs";
  readonly target: string;
  /** In bytes. */
  readonly size?: number;
}

/**
 * Reads what `--tmpfs` asks for: a path, with the size of the folder where that is limited.
 *
 * @throws StrakeError `usage`
 */
export function parseMemoryFolder(text: string): MemoryFolder {
  const [, target = "", size] = /^(\/[^:]*)(?::size=([^,:]+))?$/.exec(text) ?? [];
  if (target === "" || target === "/") throw usageError(`--tmpfs ${text}: expected /FOLDER or /FOLDER:size=64m`);
  return { type: "tmpfs", target, ...(size === undefined ? {} : { size: parseBytes("--tmpfs", size) }) };
}
