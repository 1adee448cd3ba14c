import type { Variables } from "../expand/expand.ts";
import type { Substitute } from "../read/read-options.ts";

/** A piece of a text in which variables are kept. */
export type TextPart = string | Mark;

/** A variable of a stage, or an argument that stands before the first FROM. */
export interface Mark {
  readonly kind: "variable" | "argument";
  readonly name: string;
}

// Characters for private use, which no Dockerfile has.
const starts = { variable: "\u{e000}", argument: "\u{e001}" } as const;
const end = "\u{e002}";
const ownValue = "\u{e003}";
const pattern = /[\u{e000}\u{e001}]\w+\u{e002}/gu;

/** Splits a text that was read with `marking` into what is written out and the variables in it. */
export function splitMarks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (index > from) parts.push(text.slice(from, index));
    parts.push({ kind: found[0] === starts.variable ? "variable" : "argument", name: found.slice(1, -1) });
    from = index + found.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Whether a text is the value that an argument has by itself, as `TARGETARCH` does. */
export function isOwnValue(text: string): boolean {
  return text === ownValue;
}

/**
 * Makes a reader keep variables: the texts that it reads have marks in the place of values.
 *
 * Only what changes a value, such as `${name%.tar}`, is carried out, since nothing else could be said of it.
 *
 * @param declared the arguments before the first FROM
 */
export function marking(declared: ReadonlySet<string>): Substitute {
  return {
    variables: (text, scope) => {
      return keeping(text, (name, operator) => {
        const value = scope.env.get(name);
        if (value !== undefined) return { value, mark: mark("variable", name) };
        // What is not known to be set may be a variable of the base.
        return operator === "" && !scope.complete && !scope.args.has(name) ? { mark: mark("variable", name) } : {};
      });
    },
    global: (name, value, seenBy) => {
      if (declared.has(name)) return mark("argument", name);
      if (value === undefined) return undefined;
      return seenBy === "from" ? mark("argument", name) : ownValue;
    },
  };
}

/** The marks that the default of an argument before the first FROM sees. */
export function markingGlobals(text: string, globals: ReadonlyMap<string, string>): Variables {
  return keeping(text, (name) => {
    const value = globals.get(name);
    return value === undefined ? {} : { value, mark: mark("argument", name) };
  });
}

/** Marks, but for variables of which a text wants a part. */
function keeping(
  text: string,
  find: (name: string, operator: string) => { readonly value?: string; readonly mark?: string },
): Variables {
  const operators = new Map<string, string>();
  for (const [, name = "", operator = ""] of text.matchAll(/\$\{(\w+)(:?[-+?]|[#%/])/g)) operators.set(name, operator);
  return {
    get: (name) => {
      const operator = operators.get(name) ?? "";
      const found = find(name, operator);
      return /[#%/]/.test(operator) ? found.value : found.mark;
    },
  };
}

function mark(kind: Mark["kind"], name: string): string {
  return starts[kind] + name + end;
}
