import { StrakeError } from "@strake/core";
import type { Command, Operand, PipeExpression } from "./parse-pipe.ts";
import type { Block, TemplateNode } from "./parse-template.ts";
import { isTruthy, membersOf, printValue, Unset } from "./print-value.ts";
import { templateError } from "./template-error.ts";
import { templateFunctions } from "./template-functions.ts";

/** Where a template is: the value at hand, and the variables that are known there. */
interface Place {
  readonly template: string;
  readonly value: unknown;
  readonly variables: Map<string, { value: unknown }>;
}

/** Thrown through the rest of a turn of a loop. */
class Turn {
  readonly kind: "break" | "continue";

  constructor(kind: "break" | "continue") {
    this.kind = kind;
  }
}

/** Writes a value as a template says. @throws StrakeError `usage` for what the value has not */
export function runTemplate(nodes: readonly TemplateNode[], template: string, value: unknown): string {
  const variables = new Map([["$", { value }]]);
  const parts: string[] = [];
  try {
    run(nodes, { template, value, variables }, parts);
  } catch (error) {
    if (error instanceof Turn) throw templateError(template, `has a {{${error.kind}}} outside of a {{range}}`);
    throw error;
  }
  return parts.join("");
}

function run(nodes: readonly TemplateNode[], place: Place, parts: string[]): void {
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        parts.push(node.text);
        break;
      case "print":
        parts.push(printValue(pipeValue(node.pipe, place)));
        break;
      case "set":
        set(node, place);
        break;
      case "range":
        runRange(node, place, parts);
        break;
      case "break":
      case "continue":
        throw new Turn(node.kind);
      default:
        runBlock(node.kind, node, place, parts);
    }
  }
}

function set(node: TemplateNode & { kind: "set" }, place: Place): void {
  const value = pipeValue(node.pipe, place);
  const known = place.variables.get(node.name);
  if (node.declares) place.variables.set(node.name, { value });
  else if (known === undefined) throw templateError(place.template, `does not declare ${node.name}`);
  else known.value = value;
}

function runBlock(kind: "if" | "with", block: Block, place: Place, parts: string[]): void {
  const found = pipeValue(block.pipe, place);
  const inner = within(place, kind === "with" && isTruthy(found) ? found : place.value);
  for (const name of block.variables) inner.variables.set(name, { value: found });
  run(isTruthy(found) ? block.body : block.otherwise, inner, parts);
}

function runRange(block: Block, place: Place, parts: string[]): void {
  const members = membersOf(pipeValue(block.pipe, place));
  if (members.length === 0) run(block.otherwise, within(place, place.value), parts);
  const [first, second] = block.variables;
  for (const [key, value] of members) {
    const inner = within(place, value);
    if (first !== undefined) inner.variables.set(first, { value: second === undefined ? value : key });
    if (second !== undefined) inner.variables.set(second, { value });
    try {
      run(block.body, inner, parts);
    } catch (error) {
      if (!(error instanceof Turn)) throw error;
      if (error.kind === "break") break;
    }
  }
}

/** Variables that are declared inside are not known outside; those from outside can be set inside. */
function within({ template, variables }: Place, value: unknown): Place {
  return { template, value, variables: new Map(variables) };
}

function pipeValue(pipe: PipeExpression, place: Place): unknown {
  let passed: readonly unknown[] = [];
  for (const command of pipe) passed = [applied(command, place, passed)];
  return passed[0];
}

function applied({ apply, operands }: Command, place: Place, passed: readonly unknown[]): unknown {
  const values = operands.map((operand) => operandValue(operand, place));
  const call = apply === undefined ? undefined : templateFunctions[apply];
  if (call === undefined) {
    if (passed.length > 0) throw templateError(place.template, "passes a value on to what is no function");
    return values[0];
  }
  try {
    return call(...values, ...passed);
  } catch (error) {
    if (StrakeError.is(error)) throw error;
    throw templateError(place.template, `cannot be followed: ${(error as Error).message}`);
  }
}

function operandValue(operand: Operand, place: Place): unknown {
  if ("constant" in operand) return operand.constant;
  if ("pipe" in operand) return fieldsOf(pipeValue(operand.pipe, place), operand.fields, place);
  if (operand.variable === undefined) return fieldsOf(place.value, operand.fields, place);
  const known = place.variables.get(operand.variable);
  if (known === undefined) throw templateError(place.template, `does not declare ${operand.variable}`);
  return fieldsOf(known.value, operand.fields, place);
}

/** A field that a value has not is a mistake; below something that is not there it is nothing. */
function fieldsOf(value: unknown, names: readonly string[], { template }: Place): unknown {
  return names.reduce((at: unknown, name) => {
    if (at === undefined || at === null || at instanceof Unset) return undefined;
    if (typeof at === "object" && Object.hasOwn(at, name)) return (at as Record<string, unknown>)[name];
    const known = typeof at === "object" ? Object.keys(at) : [];
    const notes = known.length > 0 ? [`There are ${known.map((key) => `.${key}`).join(", ")}.`] : [];
    throw templateError(template, `asks for .${name}, which is not there`, ...notes);
  }, value);
}
