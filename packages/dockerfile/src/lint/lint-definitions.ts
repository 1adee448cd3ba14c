import { type CallSite, type Definition, statementsOf } from "@strake/core";
import { codeEdits } from "./code-edits.ts";
import { codeSuppressions } from "./code-suppressions.ts";
import type { Finding } from "./finding.ts";
import { lintImages } from "./lint-images.ts";
import { type LintedImage, type LintedImages, type Surroundings, statements } from "./linted-images.ts";
import { makeFinding } from "./make-finding.ts";

/** What a check of definitions goes by besides them. */
export interface LintDefinitionsOptions extends Surroundings {
  /** The text of a file that statements stand in, whose comments may leave rules out. */
  readonly sourceOf?: (file: string) => string | undefined;
}

/**
 * Checks the images of a build file, and those they use, against all rules that do not depend on the notation.
 *
 * A comment `strake-ignore: RuleName` at a statement's line or the line above leaves a rule out there.
 *
 * @returns what was found in the order of files and lines; once what several images share
 */
export function lintDefinitions(
  targets: readonly { readonly name: string; readonly definition: Definition }[],
  options: LintDefinitionsOptions = {},
): readonly Finding[] {
  const { sourceOf = () => undefined, ...surroundings } = options;
  const suppressed = codeSuppressions(sourceOf);
  const findings = new Map<string, Finding>();
  const images = withUsed(targets);
  const linted: LintedImages = { ...surroundings, images, notation: "code", word: ({ kind }) => `${kind}()` };
  const made = nodesBySite(linted);
  lintImages(linted, (rule, node, message) => {
    const { site } = node;
    // Where an image came to be is not known in every runtime.
    if (site.line === 0 || suppressed(rule, site)) return;
    const edits = codeEdits(rule, sourceOf(site.file) ?? "", site, made.get(place(site)) ?? []);
    findings.set(`${rule} ${place(site)} ${message}`, makeFinding(rule, { message, site, edits, code: true }));
  });
  return [...findings.values()].sort((left, right) => bySite(left.site, right.site));
}

function nodesBySite(linted: LintedImages): ReadonlyMap<string, readonly Definition[]> {
  const made = new Map<string, Definition[]>();
  for (const node of statements(linted)) made.set(place(node.site), [...(made.get(place(node.site)) ?? []), node]);
  return made;
}

function place({ file, line, column }: CallSite): string {
  return `${line}:${column} ${file}`;
}

/** The targets and all images that they use, each behind those. */
function withUsed(targets: readonly { readonly name: string; readonly definition: Definition }[]): LintedImage[] {
  const names = new Map(targets.map(({ name, definition }) => [definition, name]));
  const found = new Map<Definition, LintedImage>();
  const visit = (definition: Definition): void => {
    if (found.has(definition)) return;
    for (const used of statementsOf(definition).flatMap(usedImages)) visit(used);
    const name = names.get(definition);
    found.set(definition, { definition, final: name !== undefined, ...(name === undefined ? {} : { name }) });
  };
  for (const { definition } of targets) visit(definition);
  return [...found.values()];
}

function usedImages(node: Definition): readonly Definition[] {
  switch (node.kind) {
    case "from":
      if (node.base.type === "image") return [node.base.image];
      return node.base.type === "diff" ? [node.base.lower, node.base.upper] : [];
    case "copy":
      return node.from.type === "image" ? [node.from.image] : [];
    case "merge":
      return node.images;
    case "run":
      return node.mounts.flatMap((mount) => {
        const from = mount.type === "bind" || mount.type === "cache" ? mount.from : undefined;
        return from?.type === "image" ? [from.image] : [];
      });
    default:
      return [];
  }
}

// Code units, as everywhere: a locale must not decide the order.
function bySite(left: CallSite, right: CallSite): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
