import { join } from "node:path";
import { digestOf } from "@strake/core";
import { readIfPresent, type StepRecord, toStepRecord, writeAtomically } from "@strake/engine";
import type { TargetSolution } from "./target-solution.ts";

/** The steps of a target as the last build of it left them; what `strake plan` compares with. */
export function readStepRecords(home: string, buildFile: string, target: string): readonly StepRecord[] {
  const text = readIfPresent(fileOf(home, buildFile, target));
  return text === undefined ? [] : (JSON.parse(text) as readonly StepRecord[]);
}

/** Keeps the steps of a target that has been built. */
export function writeStepRecords(
  home: string,
  buildFile: string,
  target: string,
  solution: Pick<TargetSolution, "reports">,
): void {
  const path = fileOf(home, buildFile, target);
  const text = JSON.stringify(solution.reports.map(toStepRecord));
  if (readIfPresent(path) !== text) writeAtomically(path, text);
}

function fileOf(home: string, buildFile: string, target: string): string {
  return join(home, "builds", `${digestOf([buildFile, target]).slice("sha256:".length, 40)}.json`);
}
