// Prints "passed failed skipped" of a vitest JSON report, and the names of the skipped tests on standard error. A file
// that could not be loaded has no tests and counts as one that failed; a report that is not there counts as one too.

import { readFileSync } from "node:fs";

/** @returns {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string, assertionResults: { status: string, fullName: string }[] }[] } | undefined} */
function read() {
  try {
    return JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  } catch {
    return undefined;
  }
}

const report = read();
const broken = (report?.testResults ?? []).filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
);
for (const { assertionResults } of report?.testResults ?? []) {
  for (const { status, fullName } of assertionResults) {
    if (!["passed", "failed"].includes(status)) console.error(`skipped: ${fullName}`);
  }
}
console.log(
  report?.numPassedTests ?? 0,
  report === undefined ? 1 : report.numFailedTests + broken.length,
  (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
);
