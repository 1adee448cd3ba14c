import { findProgram } from "./find-program.ts";

/** What can be needed beside programs. */
const capabilities: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  linux: () => process.platform === "linux",
};

/** Names what of `needs` (programs, `root`, `linux`) this machine lacks. */
export function missing(needs: readonly string[]): string[] {
  return needs.filter((need) => {
    const capability = capabilities[need];
    return capability === undefined ? findProgram(need) === undefined : !capability();
  });
}
