import { type Operation, type OperationId, operationInputs, type Planned } from "@strake/core";
import { oneLine } from "../screen/style.ts";
import type { GraphFormat } from "./request.ts";

/** An image and its plan. */
export interface GraphedImage {
  readonly name: string;
  readonly planned: Pick<Planned, "plan" | "steps">;
}

/** The steps of several plans as one graph: a step that several images share is there once. */
export interface Graph {
  readonly steps: readonly GraphStep[];
  readonly images: readonly { readonly name: string; readonly platform: string; readonly result: OperationId | null }[];
}

export interface GraphStep {
  readonly id: OperationId;
  readonly operation: Operation["op"];
  readonly title: string;
  readonly inputs: readonly OperationId[];
}

/** Puts the plans of images together to one graph; inputs stand before what uses them. */
export function toGraph(images: readonly GraphedImage[]): Graph {
  const steps = new Map<OperationId, GraphStep>();
  for (const { planned } of images) {
    const titles = new Map(planned.steps.map((step) => [step.id, step.title]));
    for (const [id, operation] of Object.entries(planned.plan.operations) as [OperationId, Operation][]) {
      if (steps.has(id)) continue;
      const title = titles.get(id) ?? describe(operation);
      steps.set(id, { id, operation: operation.op, title, inputs: operationInputs(operation) });
    }
  }
  return {
    steps: [...steps.values()],
    images: images.map(({ name, planned: { plan } }) => ({ name, platform: plan.platform, result: plan.result })),
  };
}

/** Prints a graph in a notation; it ends with a line feed. */
export function printGraph(graph: Graph, format: GraphFormat): string {
  if (format === "json") return `${JSON.stringify(graph, undefined, 2)}\n`;
  return format === "dot" ? printDot(graph) : printMermaid(graph);
}

/** What a step without a title of its own is called: the sources that copies take from. */
function describe(operation: Operation): string {
  if (operation.op !== "source") return operation.op;
  const { source } = operation;
  switch (source.type) {
    case "image":
      return source.reference;
    case "local":
      return source.name === "." ? "build context" : `build context ${source.name}`;
    case "http":
    case "git":
      return source.url;
    default:
      return source.path;
  }
}

/** Steps are numbered in their order, and images after them. */
function shortNames(graph: Graph): ReadonlyMap<OperationId, string> {
  return new Map(graph.steps.map(({ id }, at) => [id, `s${at + 1}`]));
}

function imageLabel(graph: Graph, at: number): string {
  const { name, platform } = graph.images[at]!;
  const platforms = new Set(graph.images.filter((image) => image.name === name).map((image) => image.platform));
  return platforms.size > 1 ? `${name} ${platform}` : name;
}

function printMermaid(graph: Graph): string {
  const names = shortNames(graph);
  const lines = ["flowchart TD"];
  for (const step of graph.steps) {
    const [open, close] = step.operation === "source" ? ["[(", ")]"] : ["[", "]"];
    lines.push(`  ${names.get(step.id)}${open}"${escapeMermaid(step.title)}"${close}`);
    for (const input of step.inputs) lines.push(`  ${names.get(input)} --> ${names.get(step.id)}`);
  }
  graph.images.forEach(({ result }, at) => {
    lines.push(`  i${at + 1}(["${escapeMermaid(imageLabel(graph, at))}"])`);
    if (result !== null) lines.push(`  ${names.get(result)} --> i${at + 1}`);
  });
  return `${lines.join("\n")}\n`;
}

function printDot(graph: Graph): string {
  const names = shortNames(graph);
  const lines = ["digraph strake {", "  node [shape=box];"];
  for (const step of graph.steps) {
    const shape = step.operation === "source" ? ", shape=cylinder" : "";
    lines.push(`  ${names.get(step.id)} [label=${quoteDot(step.title)}${shape}];`);
    for (const input of step.inputs) lines.push(`  ${names.get(input)} -> ${names.get(step.id)};`);
  }
  graph.images.forEach(({ result }, at) => {
    lines.push(`  i${at + 1} [label=${quoteDot(imageLabel(graph, at))}, shape=oval];`);
    if (result !== null) lines.push(`  ${names.get(result)} -> i${at + 1};`);
  });
  return `${[...lines, "}"].join("\n")}\n`;
}

/** In a quoted label of Mermaid only entities can stand for its own characters. */
function escapeMermaid(text: string): string {
  return oneLine(text).replaceAll(/[#"<>&`\\]/g, (character) => `#${character.codePointAt(0)};`);
}

function quoteDot(text: string): string {
  return `"${oneLine(text).replaceAll(/["\\]/g, "\\$&")}"`;
}
