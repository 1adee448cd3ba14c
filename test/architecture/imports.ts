import { readTokens, type Token } from "./tokens.ts";

/** One place where a source file names another module. */
export interface Import {
  /** The name as written: `./file.ts`, `@strake/oci`, `node:fs`. */
  readonly specifier: string;
  /** Counted from 1. */
  readonly line: number;
  /** True for `import type`, `export type … from` and `import("…")` in a type: gone when the program runs. */
  readonly typeOnly: boolean;
}

/** Finds every module a TypeScript file names: imports, re-exports, `import()` of a literal, types included. */
export function readImports(source: string): Import[] {
  const tokens = readTokens(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || tokens[index - 1]?.text === ".") return [];
    if (token.text === "import") return importAt(tokens, index);
    if (token.text === "export") return exportAt(tokens, index);
    return [];
  });
}

function importAt(tokens: readonly Token[], index: number): Import[] {
  const [first, second] = [tokens[index + 1], tokens[index + 2]];
  if (isMark(first, "(")) {
    // Without evaluation it is a type: `typeof import("x")`, `import("x").Name` after `:` is told apart by nothing
    // but the grammar, and counts as a value, the stricter reading.
    const typeOnly = tokens[index - 1]?.text === "typeof";
    return second?.kind === "string" ? [{ specifier: second.text, line: second.line, typeOnly }] : [];
  }
  if (first?.kind === "string") return [{ specifier: first.text, line: first.line, typeOnly: false }];
  return namedAfterFrom(tokens, index + 1);
}

/** An `export` names a module only as `export * …`, `export { … } from` and their type forms. */
function exportAt(tokens: readonly Token[], index: number): Import[] {
  const start = tokens[index + 1]?.text === "type" ? index + 2 : index + 1;
  const opens = isMark(tokens[start], "*") || isMark(tokens[start], "{");
  return opens ? namedAfterFrom(tokens, index + 1) : [];
}

/** Reads the clause up to `from "…"`; a clause with no `from` names nothing. */
function namedAfterFrom(tokens: readonly Token[], start: number): Import[] {
  const typeOnly = tokens[start]?.text === "type" && tokens[start + 1]?.text !== "from";
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token?.text === "from" && next?.kind === "string") return [{ specifier: next.text, line: next.line, typeOnly }];
    const inClause = token?.kind === "word" || token?.kind === "string" || /^[{},*]$/.test(token?.text ?? "");
    if (!inClause || (isMark(token, "}") && next?.text !== "from")) return [];
  }
  return [];
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}
