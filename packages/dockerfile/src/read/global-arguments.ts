import { type Platform, parsePlatform } from "@strake/oci/document";
import { ExpandError, expandWord } from "../expand/expand.ts";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import type { ReadOptions, StageSyntax } from "./read-options.ts";

/**
 * The arguments that FROM sees: those of the platforms, then those before the first FROM; what the build was given wins.
 *
 * @throws StrakeError `dockerfile-instruction` for a default that cannot be expanded
 */
export function globalArguments(
  tree: DockerfileTree,
  instructions: readonly Instruction[],
  stages: readonly StageSyntax[],
  options: ReadOptions,
): ReadonlyMap<string, string> {
  const target = parsePlatform(options.platform);
  const build = options.buildPlatform === undefined ? target : parsePlatform(options.buildPlatform);
  const stage = options.target || (stages.at(-1)?.name ?? "default");
  const globals = new Map([
    ...platformArguments("BUILD", build),
    ...platformArguments("TARGET", target),
    ["TARGETSTAGE", stage] as const,
  ]);
  for (const [name, value] of options.buildArgs ?? []) if (globals.has(name)) globals.set(name, value);
  for (const instruction of instructions) {
    for (const word of instruction.words) {
      const equals = word.value.indexOf("=");
      const name = equals === -1 ? word.value : word.value.slice(0, equals);
      const value =
        options.buildArgs?.get(name) ?? defaultOf(tree, instruction, word.value, equals, globals, options.onError);
      if (value !== undefined) globals.set(name, value);
    }
  }
  return globals;
}

function defaultOf(
  tree: DockerfileTree,
  instruction: Instruction,
  text: string,
  equals: number,
  globals: ReadonlyMap<string, string>,
  onError: ReadOptions["onError"],
): string | undefined {
  if (equals === -1) return undefined;
  try {
    return expandWord(text.slice(equals + 1), globals, { escape: tree.escape });
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
    const wrong = tree.source.error(instruction.name.span.start.offset, "dockerfile-instruction", error.message);
    if (onError === undefined) throw wrong;
    onError(wrong, instruction);
    return undefined;
  }
}

function platformArguments(prefix: string, platform: Platform): readonly (readonly [string, string])[] {
  const { os, architecture, variant = "", osVersion = "" } = platform;
  return [
    [`${prefix}PLATFORM`, [os, architecture, ...(variant === "" ? [] : [variant])].join("/")],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, osVersion],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
}
