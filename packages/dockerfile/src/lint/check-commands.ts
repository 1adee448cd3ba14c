import { type Definition, statementsOf } from "@strake/core";
import { foldStatements, type ImageCheck, statements } from "./linted-images.ts";

const usedOnce = ["cmd", "entrypoint", "healthcheck"] as const;

/** Statements of which only the last one of an image counts, and that are the last one of none. */
export const checkUsedOnce: ImageCheck = (linted, report) => {
  const last = new Set<Definition>();
  for (const { definition } of linted.images) {
    const chain = statementsOf(definition);
    for (const kind of usedOnce) {
      const found = chain.findLast((node) => node.kind === kind);
      if (found !== undefined) last.add(found);
    }
  }
  for (const node of statements(linted)) {
    if (!usedOnce.some((kind) => kind === node.kind) || last.has(node)) continue;
    const what = linted.notation === "code" ? linted.word(node) : `${linted.word(node)} instructions`;
    const where = linted.notation === "code" ? "image" : "stage";
    const message = `Multiple ${what} should not be used in the same ${where} because only the last one will be used`;
    report("MultipleInstructionsDisallowed", node, message);
  }
};

/** Commands of containers that a shell would run, where the author does not choose that shell. */
export const checkCommandForm: ImageCheck = (linted, report) => {
  foldStatements(linted, false, (chosen, node) => {
    if (node.kind === "shell") return true;
    if ((node.kind !== "cmd" && node.kind !== "entrypoint") || node.command.form === "exec" || chosen) return chosen;
    const form = linted.notation === "code" ? "A list of arguments is" : "JSON arguments";
    const message = `${form} recommended for ${linted.word(node)} to prevent unintended behavior related to OS signals`;
    report("JSONArgsRecommended", node, message);
    return chosen;
  });
};

/** The author in the config. */
export const checkMaintainer: ImageCheck = (linted, report) => {
  for (const node of statements(linted)) {
    if (node.kind !== "maintainer") continue;
    const what = linted.notation === "code" ? linted.word(node) : "Maintainer instruction";
    report("MaintainerDeprecated", node, `${what} is deprecated in favor of using label`);
  }
};
