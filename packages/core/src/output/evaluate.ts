import type { CallSite } from "../graph/call-site.ts";
import type { Expression, OutputOwner, OutputProperty, TextValue } from "./expression.ts";

/** A value, or the statement that has to be built before there is one. */
export type Evaluated<T = unknown> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly waitsOn: CallSite };

/** What an expression can ask for. */
export interface Scope {
  /** @throws StrakeError when the name has no value here, and there is none for that case */
  variable(name: string, otherwise: string | undefined): string;
  /** What the build is given; undefined where it is given nothing of the name. */
  argument(name: string): string | undefined;
  property(owner: OutputOwner, property: OutputProperty): Evaluated;
}

/** Finds the value of an expression, or what it waits on; the first unknown part decides. */
export function evaluate(expression: Expression, scope: Scope): Evaluated {
  switch (expression.kind) {
    case "value":
      return { known: true, value: expression.value };
    case "variable":
      return { known: true, value: scope.variable(expression.name, expression.otherwise) };
    case "argument":
      return evaluateArgument(expression, scope);
    case "property":
      return scope.property(expression.owner, expression.property);
    case "apply": {
      const input = evaluate(expression.input, scope);
      return input.known ? { known: true, value: expression.change(input.value as never) } : input;
    }
    case "concat": {
      let text = "";
      for (const part of expression.parts) {
        const evaluated = evaluate(part, scope);
        if (!evaluated.known) return evaluated;
        text += String(evaluated.value);
      }
      return { known: true, value: text };
    }
  }
}

function evaluateArgument(expression: Extract<Expression, { kind: "argument" }>, scope: Scope): Evaluated {
  const given = scope.argument(expression.name);
  if (given !== undefined) return { known: true, value: given };
  if (typeof expression.default === "object") return evaluate(expression.default, scope);
  // As in a Dockerfile, an argument that has no value is empty.
  return { known: true, value: expression.default ?? "" };
}

/** The names of the arguments that are all an expression ends in, where they have no default. */
export function argumentNames(text: TextValue): readonly string[] {
  if (typeof text === "string") return [];
  if (text.kind === "apply") return argumentNames(text.input);
  if (text.kind === "concat") return text.parts.flatMap(argumentNames);
  if (text.kind !== "argument") return [];
  return text.default === undefined ? [text.name] : argumentNames(text.default);
}

/** The images whose outputs an expression uses. */
export function* outputOwners(text: TextValue): Generator<{ owner: OutputOwner; property: OutputProperty }> {
  if (typeof text === "string") return;
  if (text.kind === "property") yield { owner: text.owner, property: text.property };
  if (text.kind === "apply") yield* outputOwners(text.input);
  if (text.kind === "argument" && text.default !== undefined) yield* outputOwners(text.default);
  if (text.kind === "concat") for (const part of text.parts) yield* outputOwners(part);
}
