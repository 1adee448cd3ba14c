import { StrakeError } from "@strake/core";

/** Makes the error of a template that cannot be followed. */
export function templateError(template: string, problem: string, ...notes: readonly string[]): StrakeError {
  const message = `the template ${JSON.stringify(template)} ${problem}`;
  return new StrakeError({ code: "usage", message, notes });
}
