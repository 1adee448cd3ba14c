import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import type { Edit, Finding } from "./finding.ts";
import { lintDockerfile } from "./lint-dockerfile.ts";

/** A mended keyword can make another rule speak: a few rounds settle it. */
const maximumRounds = 5;

/**
 * Mends in a Dockerfile what can be mended without changing what it builds.
 *
 * @throws StrakeError for a text that is no Dockerfile
 */
export function fixDockerfile(text: string, { file }: { readonly file: string }): string {
  let fixed = text;
  for (let round = 0; round < maximumRounds; round++) {
    const next = fixFindings(fixed, lintDockerfile(parseDockerfile(fixed, { file })));
    if (next === fixed) break;
    fixed = next;
  }
  return fixed;
}

/** Mends in a text what its findings say how to mend; every other character stays as it is. */
export function fixFindings(text: string, findings: readonly Finding[]): string {
  let fixed = "";
  let at = 0;
  for (const edit of withoutOverlaps(findings).sort(byPlace)) {
    fixed += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return fixed + text.slice(at);
}

function byPlace(left: Edit, right: Edit): number {
  return left.start - right.start || left.end - right.end;
}

/** The edits of the findings that do not get in the way of an earlier one; the edits of a finding go together. */
function withoutOverlaps(findings: readonly Finding[]): Edit[] {
  const kept: Edit[] = [];
  for (const { edits = [] } of findings) {
    const isFree = edits.every((edit) => kept.every((other) => edit.end <= other.start || edit.start >= other.end));
    if (isFree) kept.push(...edits);
  }
  return kept;
}
