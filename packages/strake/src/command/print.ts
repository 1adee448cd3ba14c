import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "@strake/core";
import { dockerfileOf, targetsOf } from "../compose/build-targets.ts";
import { planRequest } from "../compose/plan-request.ts";
import { openSession } from "../compose/session.ts";
import type { PrintRequest } from "./request.ts";

/** A text that `print` makes, and the name of its file in the folder that is asked for. */
export interface PrintedFile {
  readonly name: string;
  readonly text: string;
  /** The same for programs, and the name of its file; it is in the folder only. */
  readonly binary?: { readonly name: string; readonly bytes: Uint8Array };
}

/** Prints images in another form, into the folder that is asked for or as the text that is returned. */
export async function print(request: PrintRequest, signal: AbortSignal): Promise<string> {
  if (request.to === "bake") return (await import("./print/print-builds.ts")).printBake(request);
  if (request.to === "compose") return (await import("./print/print-builds.ts")).printCompose(request);
  const files = await printFiles(request, request.to, signal);
  if (request.destination === undefined) return joinPrinted(files);
  mkdirSync(request.destination, { recursive: true });
  for (const { name, text, binary } of files) {
    writeFileSync(join(request.destination, name), text);
    if (binary !== undefined) writeFileSync(join(request.destination, binary.name), binary.bytes);
  }
  return "";
}

function printFiles(
  request: PrintRequest,
  to: Exclude<PrintRequest["to"], "bake" | "compose">,
  signal: AbortSignal,
): Promise<readonly PrintedFile[]> {
  switch (to) {
    case "plan":
      return printPlans(request, signal);
    case "llb":
      return printDefinitions(request, signal);
    case "dockerfile":
      return printDockerfiles(request);
  }
}

/** BuildKit's own form of plans: as JSON that people can read, and as the bytes that `buildctl build` takes. */
async function printDefinitions(request: PrintRequest, signal: AbortSignal): Promise<readonly PrintedFile[]> {
  const { compilePlan, printLlb } = await import("@strake/daemon");
  const targets = await planRequest(request, signal);
  return targets.map(({ name, planned: { plan, steps } }) => {
    const several = targets.filter((other) => other.name === name).length > 1;
    const platform = several ? `.${plan.platform.replaceAll("/", "-")}` : "";
    const { definition, bytes } = compilePlan(plan, { steps });
    return {
      name: `${name}${platform}.llb.json`,
      text: `${printLlb(definition).trimEnd()}\n`,
      binary: { name: `${name}${platform}.llb`, bytes },
    };
  });
}

/** Plans as canonical JSON: the very bytes that a plan's digest is of, and a line feed. */
async function printPlans(request: PrintRequest, signal: AbortSignal): Promise<readonly PrintedFile[]> {
  const targets = await planRequest(request, signal);
  return targets.map(({ name, planned: { plan } }) => {
    const several = targets.filter((other) => other.name === name).length > 1;
    const platform = several ? `.${plan.platform.replaceAll("/", "-")}` : "";
    return { name: `${name}${platform}.plan.json`, text: `${canonicalJson(plan)}\n` };
  });
}

/** Dockerfiles, one for each target; nothing is looked up for them. */
async function printDockerfiles(request: PrintRequest): Promise<readonly PrintedFile[]> {
  const { printDockerfile } = await import("@strake/dockerfile");
  const session = await openSession({ file: request.file, readOnly: true, dockerfile: dockerfileOf(request) });
  try {
    const { project, names } = session;
    const targets = targetsOf(session, request);
    const printed = targets.map(({ name, image }) => ({
      name,
      ...printDockerfile(image.definition, { project, names }),
    }));
    if (printed.length === 1) return printed.map(({ text }) => ({ name: "Dockerfile", text }));
    return printed.map(({ name, text }) => ({ name: `${name}.Dockerfile`, text }));
  } finally {
    await session.close();
  }
}

/** Puts printed texts one after another. */
function joinPrinted(files: readonly PrintedFile[]): string {
  return files.map(({ text }) => text).join("");
}
