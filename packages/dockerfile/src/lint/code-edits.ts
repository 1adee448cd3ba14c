import type { CallSite, Definition } from "@strake/core";
import type { Edit } from "./finding.ts";
import type { RuleName } from "./rules.ts";

/**
 * The edits that mend what a rule found at a call of a build file, where changing its text changes nothing else.
 *
 * @param nodes every statement that the call has made: in a function or a loop it makes several
 */
export function codeEdits(
  rule: RuleName,
  text: string,
  site: CallSite,
  nodes: readonly Definition[],
): readonly Edit[] | undefined {
  const start = offsetOf(text, site);
  const call = text.slice(start);
  if (rule === "AddInsteadOfCopy" && nodes.every(takesFolders)) {
    return literalAdd.test(call) ? [{ start, end: start + "add".length, text: "copy" }] : undefined;
  }
  if (rule !== "MaintainerDeprecated") return undefined;
  const [said, author] = literalMaintainer.exec(call) ?? [];
  if (said === undefined) return undefined;
  return [{ start, end: start + said.length, text: `label({ "org.opencontainers.image.authors": ${author} })` }];
}

const literal = `(?:"(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*')`;
// What a variable holds may be something else in another build.
const literalAdd = new RegExp(`^add\\(\\s*(?:${literal}|\\[(?:\\s*${literal}\\s*,?)+\\s*\\])\\s*,`);
const literalMaintainer = new RegExp(`^maintainer\\(\\s*(${literal})\\s*,?\\s*\\)`);

/** A file may be an archive whatever its name is; a folder is none. */
function takesFolders(node: Definition): boolean {
  if (node.kind !== "add") return false;
  return node.sources.every((source) => {
    return source.type === "path" && typeof source.path === "string" && /(?:^\.|\/)$/.test(source.path);
  });
}

function offsetOf(text: string, { line, column }: CallSite): number {
  let start = 0;
  for (let at = 1; at < line; at++) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}
