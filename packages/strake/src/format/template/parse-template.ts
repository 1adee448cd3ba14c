import { type PipeExpression, parsePipe, WordReader } from "./parse-pipe.ts";
import { templateError } from "./template-error.ts";
import { splitAction, splitTemplate, type TemplatePiece } from "./template-words.ts";

/** A template that has been understood. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipe: PipeExpression }
  /** Declares a variable, or gives one another value. */
  | { readonly kind: "set"; readonly name: string; readonly declares: boolean; readonly pipe: PipeExpression }
  | ({ readonly kind: "if" | "with" | "range" } & Block)
  | { readonly kind: "break" | "continue" };

/** What is done where a value is there, and what is done else. */
export interface Block {
  /** Variables for what was found: of a range, the key and the value, or the value alone. */
  readonly variables: readonly string[];
  readonly pipe: PipeExpression;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
}

/** Parses Go's text/template notation. @throws StrakeError `usage` */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const parser = new Parser(template);
  const { nodes, end } = parser.list();
  if (end !== undefined)
    throw templateError(template, `is not understood: there is nothing that {{${end}}} belongs to`);
  return nodes;
}

class Parser {
  readonly #template: string;
  readonly #pieces: TemplatePiece[];

  constructor(template: string) {
    this.#template = template;
    this.#pieces = [...splitTemplate(template)];
  }

  /** Reads until the template ends, or an action that ends a list. */
  list(): { readonly nodes: readonly TemplateNode[]; readonly end?: string } {
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      if ("text" in piece) {
        if (piece.text !== "") nodes.push({ kind: "text", text: piece.text });
        continue;
      }
      if (/^(?:end|else)\b/.test(piece.action)) return { nodes, end: piece.action };
      nodes.push(this.#action(piece.action));
    }
    return { nodes };
  }

  #action(action: string): TemplateNode {
    const reader = new WordReader(splitAction(action, this.#template), this.#template);
    const first = reader.peek();
    if (first === "if" || first === "with" || first === "range") {
      reader.take();
      return this.#block(first, reader);
    }
    if (first === "break" || first === "continue") return { kind: first };
    const [name = "", sign] = reader.ahead();
    if (/^\$\w+$/.test(name) && (sign === ":=" || sign === "=")) {
      reader.take();
      reader.take();
      return { kind: "set", name, declares: sign === ":=", pipe: this.#whole(reader) };
    }
    return { kind: "print", pipe: this.#whole(reader) };
  }

  #block(kind: "if" | "with" | "range", reader: WordReader): TemplateNode {
    const variables: string[] = [];
    const [, second, , fourth] = reader.ahead();
    const declared = second === ":=" ? 1 : second === "," && fourth === ":=" ? 2 : 0;
    for (let count = 0; count < declared; count++) {
      variables.push(reader.take());
      reader.take();
    }
    const pipe = this.#whole(reader);
    const { nodes: body, end } = this.list();
    if (end === undefined) throw templateError(this.#template, `is not understood: {{${kind}}} has no {{end}}`);
    return { kind, variables, pipe, body, otherwise: this.#otherwise(end, kind) };
  }

  #otherwise(end: string, kind: string): readonly TemplateNode[] {
    if (end === "end") return [];
    // {{else if …}} is a block of its own, which ends with the one around it.
    const nested = /^else\s+(if|with)\b/.exec(end);
    if (nested !== null) return [this.#action(end.replace(/^else\s+/, ""))];
    if (end !== "else") throw templateError(this.#template, `is not understood: "${end}"`);
    const { nodes, end: last } = this.list();
    if (last !== "end") throw templateError(this.#template, `is not understood: {{${kind}}} has no {{end}}`);
    return nodes;
  }

  #whole(reader: WordReader): PipeExpression {
    const pipe = parsePipe(reader);
    const rest = reader.peek();
    if (rest !== undefined) throw templateError(this.#template, `is not understood: "${rest}"`);
    return pipe;
  }
}
