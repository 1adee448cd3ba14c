import type { Expected } from "../differences.ts";

const placesOfModules = [
  "/a/mod/one/.git: only in the second image (file 0644)",
  "/c/one/.git: only in the second image (file 0644)",
];

/** Where a Dockerfile comes to something else than with BuildKit on purpose; `README.md` says why. */
export const differences: Readonly<Record<string, Expected>> = {
  "a named context in the place of an image": {
    dockerfile: [
      'image config: history 2 {"comment":"buildkit.exporter.image.v0"} ≠ {"comment":"buildkit.exporter.image.v0","created_by":"[1/2] COPY a.txt /x"}',
    ],
  },
  "a named context as the only layer": {
    dockerfile: [
      'image config: history 1 {"comment":"buildkit.exporter.image.v0"} ≠ {"comment":"buildkit.exporter.image.v0","created_by":"local source for named-lib"}',
    ],
  },
  "a name with a wildcard's characters": { dockerfile: ["/z: only in the first image (file 0644)"] },
  "a repository in another, and without it": { dockerfile: placesOfModules, buildkit: placesOfModules },
  "hard links in the context": {
    dockerfile: ['/x/dir/one.txt: hardLinkTo nothing ≠ "/x/dir/hard"', '/y/one.txt: hardLinkTo nothing ≠ "/y/hard"'],
  },
};
