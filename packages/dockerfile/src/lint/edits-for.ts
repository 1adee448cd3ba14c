import type { Instruction } from "../syntax/tree.ts";
import type { Edit } from "./finding.ts";
import { replace } from "./linted-file.ts";
import type { RuleName } from "./rules.ts";

/** The edits that mend what a rule about definitions found in an instruction, where there are any. */
export function editsFor(rule: RuleName, instruction: Instruction, mark: string): readonly Edit[] | undefined {
  if (rule === "MaintainerDeprecated" && instruction.keyword === "maintainer") return toLabel(instruction, mark);
  if (rule === "AddInsteadOfCopy" && instruction.keyword === "add") return toCopy(instruction);
  return undefined;
}

/** The label that says what MAINTAINER said, which takes its text as it is written. */
function toLabel({ name, argument }: Instruction, mark: string): readonly Edit[] {
  const author = Array.from(
    argument.value.trimEnd(),
    (each) => ('"$'.includes(each) || each === mark ? mark : "") + each,
  );
  return [
    replace(name.span, inCaseOf("LABEL", name.value)),
    replace(argument.span, `org.opencontainers.image.authors="${author.join("")}"`),
  ];
}

/** A file may be an archive whatever its name is; a folder is none. */
function toCopy({ name, words, heredocs }: Instruction): readonly Edit[] | undefined {
  const sources = words.slice(0, -1).map(({ value }) => value);
  const folders = heredocs.length === 0 && sources.every((source) => source === "." || source.endsWith("/"));
  return folders ? [replace(name.span, inCaseOf("COPY", name.value))] : undefined;
}

function inCaseOf(keyword: string, written: string): string {
  return written === written.toLowerCase() ? keyword.toLowerCase() : keyword;
}
