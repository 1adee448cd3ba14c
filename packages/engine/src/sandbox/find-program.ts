import { statSync } from "node:fs";

/** Where the sandbox's own programs are looked for; not what the user's `PATH` says, for they run as root. */
export const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A program of this machine. */
export interface Program {
  readonly path: string;
  /** Another after an upgrade. */
  readonly changed: number;
}

/** Finds a program, or tells that it is not installed. */
export function findProgram(name: string): Program | undefined {
  for (const folder of programPath.split(":")) {
    const path = `${folder}/${name}`;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) return { path, changed: stat.mtimeMs };
  }
  return undefined;
}
