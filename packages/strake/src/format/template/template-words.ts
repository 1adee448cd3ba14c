import { templateError } from "./template-error.ts";

/** A part of a template: text as it is, or what stands between braces. */
export type TemplatePiece = { readonly text: string } | { readonly action: string };

/** Cuts a template into text and actions; `{{-` and `-}}` take the white space beside them away. */
export function splitTemplate(template: string): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let trims = false;
  for (let at = 0; ; ) {
    const open = template.indexOf("{{", at);
    const text = unescaped(template.slice(at, open === -1 ? undefined : open));
    const trimmed = trims ? text.trimStart() : text;
    if (open === -1) return [...pieces, { text: trimmed }];
    const trimsBefore = /^\{\{-\s/.test(template.slice(open, open + 4));
    pieces.push({ text: trimsBefore ? trimmed.trimEnd() : trimmed });
    const from = open + (trimsBefore ? 3 : 2);
    const close = findEnd(template, from);
    trims = /\s-$/.test(template.slice(from, close));
    const action = template.slice(from, trims ? close - 1 : close).trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ action });
    at = close + 2;
  }
}

/** A tabulator and a line feed can be written as in Go, as docker has it. */
function unescaped(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** Where an action ends: braces in quotes are not its end. */
function findEnd(template: string, from: number): number {
  const next = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|\}\}/g;
  next.lastIndex = from;
  for (let match = next.exec(template); match !== null; match = next.exec(template)) {
    if (match[0] === "}}") return match.index;
  }
  throw templateError(template, "is not understood: an action is not closed");
}

/** Cuts an action into words: quoted texts, parentheses, pipes, names, fields, variables and numbers. */
export function splitAction(action: string, template: string): readonly string[] {
  const word = /\s+|"(?:[^"\\]|\\.)*"|`[^`]*`|:=|[()|,=]|-?\d+(?:\.\d+)?|\$?\w*(?:\.\w+)+|\$\w*|\.|\w+/gy;
  const words: string[] = [];
  while (word.lastIndex < action.length) {
    const at = word.lastIndex;
    const found = word.exec(action)?.[0];
    if (found === undefined) throw templateError(template, `is not understood: "${action.slice(at)}"`);
    if (found.trim() !== "") words.push(found);
  }
  return words;
}
