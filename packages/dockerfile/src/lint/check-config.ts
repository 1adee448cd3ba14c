import { type Definition, statementsOf } from "@strake/core";
import { foldStatements, type ImageCheck, type LintedImages, shownText, statements } from "./linted-images.ts";

/** The user that the image's command runs as. */
export const checkUser: ImageCheck = (linted, report) => {
  for (const { definition, final } of linted.images) {
    const last = final ? lastUser(definition) : undefined;
    const user = last?.kind === "user" ? shownText(last.user).trim().split(":")[0] : undefined;
    if (last !== undefined && (user === "root" || user === "0")) {
      report("LastUserRoot", last, "The image's command runs as root");
    }
  }
};

function lastUser(definition: Definition): Definition | undefined {
  const chain = statementsOf(definition);
  const [from] = chain;
  const found = chain.findLast(({ kind }) => kind === "user");
  return found === undefined && from?.kind === "from" && from.base.type === "image" ? lastUser(from.base.image) : found;
}

/** The form of label names. */
export const checkLabels: ImageCheck = (linted, report) => {
  for (const node of statements(linted)) {
    if (node.kind !== "label") continue;
    for (const name of node.labels.map(([name]) => shownText(name))) {
      if (name.includes("$") || /^[a-z](?:[a-z0-9]|[.-](?=[a-z0-9]))*$/.test(name)) continue;
      report("InvalidLabelKey", node, `${name} is not a label's usual name`);
    }
  }
};

/** Variables that get the value which they have already. */
export const checkDuplicateEnv: ImageCheck = (linted, report) => {
  foldStatements<ReadonlyMap<string, string>>(linted, new Map(), (known, node) => {
    // An argument hides what a variable of its name had.
    if (node.kind === "arg") return new Map([...known].filter(([name]) => name !== node.name));
    if (node.kind !== "env") return known;
    const variables = node.variables.map(([name, value]) => [shownText(name), shownText(value)] as const);
    for (const [name, value] of variables) {
      if (known.get(name) !== value || value.includes("$")) continue;
      report("DuplicateEnv", node, `${name} is ${value} already`);
    }
    return new Map([...known, ...variables]);
  });
};

/** Names of images: that they differ, and that they mean nothing else. */
export const checkImageNames: ImageCheck = (linted, report) => {
  const known = new Set<string>();
  for (const { definition, name } of linted.images) {
    // A stage is called by its FROM; an image of a build file begins wherever its common part does.
    const at = linted.notation === "code" ? definition : statementsOf(definition)[0];
    if (name === undefined || at === undefined) continue;
    if (name === "scratch" || name === "context") {
      const message = `${stage(linted)} name should not use the same name as reserved stage "${name}"`;
      report("ReservedStageName", at, message);
    }
    if (known.has(name)) {
      report("DuplicateStageName", at, `Duplicate stage name "${name}", stage names should be unique`);
    }
    known.add(name);
  }
};

function stage({ notation }: LintedImages): string {
  return notation === "code" ? "Image" : "Stage";
}
