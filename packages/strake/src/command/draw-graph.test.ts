import { image, makePlan, type Planned } from "@strake/core";
import { linuxAmd64 } from "@strake/oci";
import { expect, test } from "vitest";
import { printGraph, toGraph } from "./draw-graph.ts";

const base = image().from("scratch").copy("shared", "/shared/");
const planned = (definition: typeof base): Planned =>
  makePlan(definition.definition, { resolution: new Map(), platform: linuxAmd64, project: "/" });
const graph = toGraph([
  { name: "api", planned: planned(base.run('echo "a" > b')) },
  { name: "web", planned: planned(base) },
]);

test("a step that two images share is there once", () => {
  expect(graph.steps.map(({ operation }) => operation)).toEqual(["source", "files", "run"]);
  expect(graph.images.map(({ result }) => result)).toEqual([graph.steps[2]!.id, graph.steps[1]!.id]);
  expect(JSON.parse(printGraph(graph, "json"))).toEqual(graph);
});

test("Mermaid has every step and edge, and no character of its own in a label", () => {
  const lines = printGraph(graph, "mermaid").split("\n");
  expect(lines[0]).toBe("flowchart TD");
  expect(lines).toContain('  i1(["api"])');
  expect(lines).toContain("  s3 --> i1");
  expect(lines).toContain("  s2 --> i2");
  expect(lines.find((line) => line.includes('s3["'))).toContain("#34;a#34; #62; b");
});

test("dot quotes its labels", () => {
  const text = printGraph(graph, "dot");
  expect(text).toContain('echo \\"a\\" > b');
  expect(text).toContain("  s1 -> s2;\n");
  expect(text).toMatch(/^digraph strake \{\n[\s\S]*\}\n$/);
});
