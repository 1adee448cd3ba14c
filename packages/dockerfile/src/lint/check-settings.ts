import type { Instruction, Keyword } from "../syntax/tree.ts";
import { type Check, replace } from "./linted-file.ts";

const usedOnce: readonly Keyword[] = ["cmd", "entrypoint", "healthcheck"];

/** Instructions of which only the last one counts. */
export const checkUsedOnce: Check = ({ stages }, report) => {
  for (const { instructions } of stages) {
    for (const keyword of usedOnce) {
      for (const instruction of instructions.filter((each) => each.keyword === keyword).slice(0, -1)) {
        const name = instruction.name.value;
        const message = `Multiple ${name} instructions should not be used in the same stage because only the last one will be used`;
        report("MultipleInstructionsDisallowed", instruction, message);
      }
    }
  }
};

/** CMD and ENTRYPOINT that a shell would run, where the file does not choose that shell. */
export const checkCommandForm: Check = ({ stages }, report) => {
  const choosing = new Set<string>();
  for (const { name, base, instructions } of stages) {
    let chosen = choosing.has(base.value.toLowerCase());
    for (const instruction of instructions) {
      if (instruction.keyword === "shell") chosen = true;
      const command = instruction.keyword === "cmd" || instruction.keyword === "entrypoint";
      if (!command || instruction.form === "json" || chosen) continue;
      const written = instruction.name.value;
      report(
        "JSONArgsRecommended",
        instruction,
        `JSON arguments recommended for ${written} to prevent unintended behavior related to OS signals`,
      );
    }
    if (name === undefined) continue;
    if (chosen) choosing.add(name);
    else choosing.delete(name);
  }
};

/** MAINTAINER, and the old form of ENV and LABEL. */
export const checkOldForms: Check = ({ tree, stages }, report) => {
  for (const instruction of stages.flatMap((stage) => stage.instructions)) {
    if (instruction.keyword === "maintainer") {
      const message = "Maintainer instruction is deprecated in favor of using label";
      report("MaintainerDeprecated", instruction, message, labelFor(instruction, tree.escape));
    }
    const pair = instruction.pairs.find(({ legacy }) => legacy);
    if (pair === undefined) continue;
    const name = instruction.name.value;
    const plain = !/["'\\`\r\n]/.test(tree.source.text.slice(pair.span.start.offset, pair.span.end.offset));
    report(
      "LegacyKeyValueFormat",
      instruction,
      `"${name} key=value" should be used instead of legacy "${name} key value" format`,
      plain ? [replace(pair.span, `${pair.name}="${pair.value}"`)] : undefined,
    );
  }
};

/** The label that says what MAINTAINER said, which takes its text as it is written. */
function labelFor({ name, argument }: Instruction, mark: string) {
  const keyword = name.value === name.value.toLowerCase() ? "label" : "LABEL";
  const author = Array.from(
    argument.value.trimEnd(),
    (each) => ('"$'.includes(each) || each === mark ? mark : "") + each,
  );
  return [replace(name.span, keyword), replace(argument.span, `org.opencontainers.image.authors="${author.join("")}"`)];
}

/** Empty lines in continued instructions; as BuildKit has it, the last line is named. */
export const checkEmptyLines: Check = ({ tree }, report) => {
  for (const instruction of tree.instructions) {
    if (instruction.emptyLines.length === 0) continue;
    report(
      "NoEmptyContinuation",
      instruction,
      "Empty continuation line",
      undefined,
      instruction.argument.span.end.offset,
    );
  }
};

/** WORKDIR that depends on the base's. */
export const checkWorkdir: Check = ({ stages }, report) => {
  const settled = new Set<string>();
  for (const { name, base, instructions } of stages) {
    let set = settled.has(base.value.toLowerCase());
    for (const instruction of instructions) {
      const path = instruction.words[0]?.value.replace(/^["']/, "") ?? "";
      if (instruction.keyword !== "workdir") {
        reportRelativeCopy(instruction, set, report);
        continue;
      }
      // What a variable holds is not known.
      if (!set && !path.startsWith("/") && !path.startsWith("$")) {
        const message = `Relative workdir "${path}" can have unexpected results if the base image changes`;
        report("WorkdirRelativePath", instruction, message);
      }
      set = true;
    }
    if (name === undefined) continue;
    if (set) settled.add(name);
    else settled.delete(name);
  }
};

function reportRelativeCopy(instruction: Instruction, set: boolean, report: Parameters<Check>[1]): void {
  if (set || instruction.keyword !== "copy") return;
  const target = instruction.words.at(-1)?.value ?? "";
  if (/^["']?([/\\$]|[a-zA-Z]:)/.test(target)) return;
  report("RelativeCopyTarget", instruction, `COPY to the relative path ${target} without a WORKDIR before`);
}

/** Ports that EXPOSE cannot map, and the case of protocols. */
export const checkPorts: Check = ({ stages }, report) => {
  for (const instruction of stages.flatMap((stage) => stage.instructions)) {
    if (instruction.keyword !== "expose") continue;
    for (const { value } of instruction.words) {
      if (value.includes("$")) continue;
      const [port = "", protocol = ""] = value.split("/");
      if (protocol !== protocol.toLowerCase()) {
        const message = `Defined protocol '${value}' in EXPOSE instruction should be lowercase`;
        report("ExposeProtoCasing", instruction, message);
      }
      if (!port.includes(":")) continue;
      const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${value}'`;
      report("ExposeInvalidFormat", instruction, message);
    }
  }
};
