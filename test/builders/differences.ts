import type { Differences } from "./compare-builders.ts";

/** What is expected to differ from the engine's image, by the builder. */
export interface Expected {
  readonly dockerfile?: readonly string[];
  readonly buildkit?: readonly string[];
}

/**
 * What a comparison of all builders has to find.
 *
 * @param old what is found of the BuildKit within a Docker Engine before 23, where that is not as with BuildKit
 */
export function expected({ dockerfile = [], buildkit = [] }: Expected = {}, old?: readonly string[]): Differences {
  return { dockerfile, buildkit, docker: old ?? buildkit };
}

const rootFolder = ['/: mode "0700" ≠ "0755"', "/: uid 1 ≠ 0", "/: gid 2 ≠ 0"];
const hardLink = ['/etc/group-too: hardLinkTo "/etc/group" ≠ nothing'];

/** Where the engine differs from BuildKit on purpose, by the name of the scenario; `README.md` says why. */
export const differences: Readonly<Record<string, Expected>> = {
  "RUN: the owner and mode of the root folder": { dockerfile: rootFolder, buildkit: rootFolder },
  "RUN: a hard link to a file of the base": { dockerfile: hardLink, buildkit: hardLink },
};
