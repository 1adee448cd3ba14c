import type { Instruction } from "../syntax/tree.ts";
import { type Check, replace } from "./linted-file.ts";

/** The case of stage names and of AS. */
export const checkStageCasing: Check = ({ stages }, report) => {
  for (const { from, name } of stages) {
    const [, as, written] = from.words;
    if (name === undefined || as === undefined || written === undefined) continue;
    if (written.value !== name) report("StageNameCasing", from, `Stage name '${written.value}' should be lowercase`);
    checkAs(from, report);
  }
};

function checkAs(from: Instruction, report: Parameters<Check>[1]): void {
  const as = from.words[1];
  const wanted = casing(from.name.value);
  if (as === undefined || wanted === undefined || as.value === inCase("as", wanted)) return;
  const edits = [replace(as.span, inCase("as", wanted))];
  report("FromAsCasing", from, `'${as.value}' and '${from.name.value}' keywords' casing do not match`, edits);
}

/** The case of keywords: the one that most have. */
export const checkKeywordCasing: Check = ({ stages }, report) => {
  const instructions = stages.flatMap((stage) => [stage.from, ...stage.instructions]);
  const count = (wanted: Casing) => instructions.filter(({ name }) => casing(name.value) === wanted).length;
  const majority: Casing = count("lowercase") > count("uppercase") ? "lowercase" : "uppercase";
  for (const instruction of instructions) {
    const written = instruction.name.value;
    if (casing(written) === majority) continue;
    report(
      "ConsistentInstructionCasing",
      instruction,
      `Command '${written}' should match the case of the command majority (${majority})`,
      [replace(instruction.name.span, inCase(written, majority))],
    );
  }
};

type Casing = "lowercase" | "uppercase";

function casing(word: string): Casing | undefined {
  if (word === word.toLowerCase()) return "lowercase";
  return word === word.toUpperCase() ? "uppercase" : undefined;
}

function inCase(word: string, wanted: Casing): string {
  return wanted === "lowercase" ? word.toLowerCase() : word.toUpperCase();
}
