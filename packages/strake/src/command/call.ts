import {
  outline,
  parseDockerfile,
  printOutline,
  printOutlineJson,
  printTargets,
  printTargetsJson,
  targets,
} from "@strake/dockerfile";
import { printPlatform } from "@strake/oci";
import type { FoundDockerfile } from "../compose/find-dockerfile.ts";
import { hostPlatform } from "../compose/host-platform.ts";
import { openDockerfile } from "../compose/open-dockerfile.ts";
import type { CallOption } from "./option/call-option.ts";
import type { DefinitionRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Tells what a Dockerfile has, as `--call` asks; nothing is looked up and nothing is built.
 *
 * @throws StrakeError `usage` for a build file, and as reading does
 */
export async function call(request: DefinitionRequest, option: CallOption): Promise<string> {
  const opened = await openDockerfile({ ...request, contexts: new Map() }, undefined);
  if (opened === undefined) {
    throw usageError("--call is for Dockerfiles", "strake plan and strake graph tell what a build file has.");
  }
  try {
    return print(opened.found, request, option);
  } finally {
    opened.close();
  }
}

function print(found: FoundDockerfile, request: DefinitionRequest, { method, format }: CallOption): string {
  const { stages, platforms, buildArgs } = request;
  const tree = parseDockerfile(found.text, { file: found.shown ?? found.file });
  const json = format === "json";
  if (method === "targets") {
    const list = targets(tree);
    return json ? `${printTargetsJson(list, tree)}\n` : printTargets(list);
  }
  const stage = stages.at(-1);
  const told = outline(tree, {
    context: found.context,
    platform: printPlatform(platforms[0] ?? hostPlatform()),
    buildPlatform: printPlatform(hostPlatform()),
    buildArgs,
    ...(stage === undefined ? {} : { target: stage }),
  });
  return json ? `${printOutlineJson(told, tree)}\n` : printOutline(told);
}
