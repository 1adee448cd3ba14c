import { StrakeError } from "@strake/core";
import { readInstruction } from "./read-instruction.ts";
import type { StageSyntax } from "./read-options.ts";
import { type Reading, StageScope } from "./stage-scope.ts";

/** What BuildKit sees only when it carries an instruction out. */
const later: ReadonlySet<string> = new Set(["dockerfile-mount", "unsupported-device"]);

/**
 * Checks the instructions of a stage that the target does not need: their flags and the number and form of their
 * arguments, as BuildKit does for every stage. What variables come to is left open, as are the options of mounts.
 *
 * @throws StrakeError `dockerfile-flag`, `dockerfile-instruction`
 */
export function checkStage(reading: Reading, stage: StageSyntax): void {
  const { options, source, escape: escapeCharacter, globals, instructions } = reading;
  const copyFrom: Reading["copyFrom"] = () => ({ type: "context", root: options.context });
  const from = {
    kind: "from",
    base: { type: "scratch" },
    site: source.site(stage.from.name.span.start.offset),
  } as const;
  const open = { env: new Map(), args: new Map(), complete: false, shell: [] };
  const scope = new StageScope(
    { options, source, escape: escapeCharacter, globals, instructions, copyFrom },
    stage.index,
    from,
    open,
  );
  for (const instruction of stage.instructions) {
    try {
      readInstruction(scope, instruction);
    } catch (error) {
      if (!StrakeError.is(error) || !later.has(error.code)) throw error;
    }
  }
}
