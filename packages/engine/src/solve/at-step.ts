import { type PlannedStep, StrakeError } from "@strake/core";
import { OciError } from "@strake/oci";

/** Gives an error that names no line the statement of its step; errors of the machine stay as they are. */
export function atStep(error: unknown, step: PlannedStep | undefined): unknown {
  if (step === undefined) return error;
  const { site } = step;
  if (OciError.is(error)) return new StrakeError({ code: error.code, message: error.message, site, cause: error });
  if (!StrakeError.is(error) || error.site !== undefined) return error;
  const { code, message, notes, cause } = error;
  return new StrakeError({ code, message, notes, site, cause });
}
