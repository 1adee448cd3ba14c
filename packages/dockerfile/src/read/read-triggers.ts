import { type CallSite, type Definition, type FromNode, StrakeError } from "@strake/core";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { SourceText } from "../syntax/source-text.ts";
import { globalArguments } from "./global-arguments.ts";
import { readInstruction } from "./read-instruction.ts";
import type { ReadOptions } from "./read-options.ts";
import { type Reading, StageScope } from "./stage-scope.ts";

/** What carrying out the ONBUILD instructions of a base takes. */
export interface TriggerOptions extends Pick<ReadOptions, "context" | "platform" | "buildPlatform" | "buildArgs"> {
  readonly triggers: readonly string[];
  /** The statement that stands on the base; its place is that of all that follows from it. */
  readonly from: FromNode;
  /** The variables of the base, and its shell. */
  readonly env: ReadonlyMap<string, string>;
  readonly shell: readonly string[];
}

/**
 * Reads what the ONBUILD instructions of a base say where somebody stands on it: the statements after `from`.
 *
 * @throws StrakeError as `readDockerfile` does, at the place of `from`
 */
export function readTriggers(options: TriggerOptions): Definition {
  const { triggers, env, shell } = options;
  const from = Object.freeze({ ...options.from, triggers });
  const parent = { env, args: new Map(), complete: true, shell };
  let definition: Definition = from;
  let scope: StageScope | undefined;
  for (const trigger of triggers) {
    try {
      const source = new TriggerText(trigger, from.site);
      const tree = parseDockerfile(trigger, { file: from.site.file });
      const globals = globalArguments(tree, [], [], options);
      const reading: Reading = { options, source, escape: tree.escape, globals, instructions: new Map(), copyFrom };
      scope = new StageScope(reading, 0, definition, scope ?? (parent as StageScope));
      for (const instruction of tree.instructions) readInstruction(scope, instruction);
      definition = scope.definition;
    } catch (error) {
      if (!StrakeError.is(error)) throw error;
      const { code, message, notes } = error;
      const line = `ONBUILD ${trigger.split("\n", 1)[0]}`;
      throw new StrakeError({ code, message, notes: [line, ...notes.slice(1)], site: from.site, cause: error });
    }
  }
  return definition;
}

/** There are no stages to copy from: what is named is an image. */
const copyFrom: Reading["copyFrom"] = (name) => ({ type: "reference", name });

/** The text of an instruction that stands in no file of the author's. */
class TriggerText extends SourceText {
  readonly #site: CallSite;

  constructor(text: string, site: CallSite) {
    super(site.file, text);
    this.#site = site;
  }

  override site(): CallSite {
    return this.#site;
  }
}
