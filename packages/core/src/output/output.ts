import { StrakeError } from "../strake-error.ts";
import type { Expression, OutputOwner, OutputProperty, TextValue } from "./expression.ts";
import { notText } from "./not-text.ts";

/** A string that is written out, or one that is known only later. */
export type Text = string | Output<string>;

/**
 * A value that exists once something else does: the digest of an image, the value of a variable at some statement.
 *
 * An output is used where its value is wanted; it becomes known when a plan is made, or, if it waits on a RUN, when the
 * image it belongs to has been built.
 */
export class Output<T> {
  /** Marks outputs of every copy of this package. */
  readonly isStrakeOutput = true;
  readonly expression: Expression;

  constructor(expression: Expression) {
    this.expression = Object.freeze(expression);
  }

  /** A new output: the value of this one changed by a function, which must be pure. */
  apply<U>(change: (value: T) => U): Output<U> {
    return new Output({ kind: "apply", input: this.expression, change: change as (value: never) => unknown });
  }

  /** @throws StrakeError always: an output has no text until a plan is made */
  toString(): string {
    throw new StrakeError({
      code: "output-as-text",
      message: "an output has no text yet, so it cannot be joined to a string",
      notes: ["Write interpolate`…${output}…`, or output.apply((value) => `…${value}…`)."],
    });
  }

  toJSON(): string {
    return this.toString();
  }

  /** Recognises an output of any copy of this package. */
  static is(value: unknown): value is Output<unknown> {
    return typeof value === "object" && value !== null && "isStrakeOutput" in value;
  }
}

/** Joins strings and outputs into one output: ``interpolate`from ${base.digest}` ``. */
export function interpolate(strings: TemplateStringsArray, ...values: readonly (Text | number)[]): Output<string> {
  const parts: Expression[] = [];
  strings.forEach((text, at) => {
    if (text !== "") parts.push({ kind: "value", value: text });
    const value = values[at];
    if (value === undefined) return;
    parts.push(Output.is(value) ? value.expression : { kind: "value", value: String(value) });
  });
  return new Output({ kind: "concat", parts });
}

/**
 * The value that an ENV or ARG name has where it is used, as `$NAME` in a Dockerfile.
 *
 * @param otherwise what it is where the name has no value or an empty one, as in `${NAME:-otherwise}`
 */
export function variable(name: string, otherwise?: string): Output<string> {
  checkVariable(name, "a variable");
  return new Output({ kind: "variable", name, ...(otherwise === undefined ? {} : { otherwise }) });
}

/**
 * A value that the build can be given with `--build-arg NAME=value`, and what it is otherwise.
 *
 * It is what ARG before the first FROM is in a Dockerfile: good in every statement, also in `from()`. Docker's own, such
 * as `TARGETARCH` and `BUILDPLATFORM`, have a value in every build.
 *
 * @example
 * const version = argument("NODE_VERSION", "24");
 * image().from(interpolate`node:${version}-slim`)
 */
export function argument(name: string, otherwise?: Text): Output<string> {
  checkVariable(name, "a build argument");
  const value = otherwise === undefined ? {} : { default: toTextValue(otherwise) };
  return new Output({ kind: "argument", name, ...value });
}

/** @throws StrakeError `invalid-name`, to which the line is added where a build file is loaded */
function checkVariable(name: unknown, what: string): void {
  if (typeof name !== "string") throw notText(name, `the name of ${what}`);
  if (name !== "" && !/[=\s\0]/.test(name)) return;
  throw new StrakeError({ code: "invalid-name", message: `"${name}" is not the name of ${what}` });
}

/** The output of an image's property. */
export function propertyOf<T>(owner: OutputOwner, property: OutputProperty): Output<T> {
  return new Output({ kind: "property", owner, property });
}

/**
 * What a node keeps of a text: the string, or the expression of the output.
 *
 * @throws StrakeError `invalid-text` for what is neither
 */
export function toTextValue(text: Text): TextValue {
  if (typeof text === "string") return text;
  if (!Output.is(text)) throw notText(text);
  return text.expression;
}
