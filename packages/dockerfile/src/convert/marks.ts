import { isPlatformArgument } from "@strake/core";
import type { Variables } from "../expand/expand.ts";
import type { Substitute } from "../read/read-options.ts";

/** A piece of a text in which variables are kept. */
export type TextPart = string | Mark;

/** A variable of a stage, or an argument that stands before the first FROM. */
export interface Mark {
  readonly kind: "variable" | "argument";
  readonly name: string;
  /** What is to stand where it has no value or an empty one. */
  readonly otherwise?: string;
}

// Characters for private use, which no Dockerfile has.
const starts = { variable: "\u{e000}", argument: "\u{e001}" } as const;
const end = "\u{e002}";
const ownValue = "\u{e003}";
const defaultMark = "\u{e004}";
const pattern = /([\u{e000}\u{e001}])(\w+)(?:\u{e004}([^\u{e002}]*))?\u{e002}/gu;

/** Splits a text that was read with `marking` into what is written out and the variables in it. */
export function splitMarks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const { 0: found, 1: start, 2: name = "", 3: otherwise, index } of text.matchAll(pattern)) {
    if (index > from) parts.push(text.slice(from, index));
    const kind = start === starts.variable ? "variable" : "argument";
    parts.push({ kind, name, ...(otherwise === undefined ? {} : { otherwise }) });
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
    variables: (text, scope) =>
      keeping(text, "variable", (name) => {
        const value = scope.env.get(name);
        if (value !== undefined) return value;
        if (scope.args.has(name)) return "";
        // What nobody sets may be a variable of the base; where it cannot be, it says that nothing stands there.
        return null;
      }),
    global: (name, value, seenBy) => {
      // One without a value is given to a stage's own ARG as well.
      if (value === undefined) return seenBy === "from" && declared.has(name) ? mark("argument", name) : undefined;
      if (declared.has(name)) return mark("argument", name);
      if (seenBy === "from") return mark("argument", name);
      return isPlatformArgument(name) ? ownValue : value;
    },
  };
}

/** The marks that the default of an argument before the first FROM sees. */
export function markingGlobals(text: string, globals: ReadonlyMap<string, string>): Variables {
  return keeping(text, "argument", (name) => globals.get(name));
}

/**
 * Marks, but for variables of which a text wants a part.
 *
 * @param find the value of a name; undefined where it has none, null where that cannot be told
 */
function keeping(text: string, kind: Mark["kind"], find: (name: string) => string | undefined | null): Variables {
  const uses = new Map<string, { readonly operator: string; readonly otherwise?: string }>();
  for (const [, name = "", operator = "", otherwise] of text.matchAll(
    /\$\{(\w+)(?:(:-)([^${}"'\\]*)\}|:?[-+?]|[#%/])/g,
  )) {
    uses.set(name, { operator, ...(otherwise === undefined ? {} : { otherwise }) });
  }
  return {
    get: (name) => {
      const value = find(name);
      // A build file has no words for names such as `$` and `@`.
      if (!/^\w+$/.test(name)) return value ?? undefined;
      const use = uses.get(name);
      if (use?.otherwise !== undefined && value !== undefined) return mark(kind, name, use.otherwise);
      // Other operators are carried out with what is known.
      if (use !== undefined) return value ?? undefined;
      if (value === null) return mark(kind, name, "");
      return value === undefined ? undefined : mark(kind, name);
    },
  };
}

function mark(kind: Mark["kind"], name: string, otherwise?: string): string {
  return starts[kind] + name + (otherwise === undefined ? "" : defaultMark + otherwise) + end;
}
