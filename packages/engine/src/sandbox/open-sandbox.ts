import { StrakeError } from "@strake/core";
import { crunSandbox, runcSandbox } from "./oci-runtime.ts";
import type { Sandbox, SandboxName } from "./sandbox.ts";

/** Finds what commands can run in. */
export async function openSandbox(options: { readonly isolation?: SandboxName | undefined }): Promise<Sandbox> {
  const known = [crunSandbox, runcSandbox].find(({ name }) => name === (options.isolation ?? "crun"));
  if (known !== undefined) return known;
  throw new StrakeError({ code: "run-unavailable", message: `there is no ${options.isolation}` });
}
