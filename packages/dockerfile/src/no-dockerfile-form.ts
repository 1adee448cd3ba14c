import { type CallSite, StrakeError } from "@strake/core";

/** Makes the error of a statement that a Dockerfile cannot say; it names the statement. */
export function noDockerfileForm(site: CallSite, what: string, ...notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "no-dockerfile-form", message: `a Dockerfile cannot say ${what}`, site, notes });
}
