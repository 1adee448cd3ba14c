import { expect, test } from "vitest";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { printTargets, printTargetsJson, targets } from "./targets.ts";

const text =
  "# base what others stand on\nFROM --platform=$BUILDPLATFORM debian AS base\nRUN x\n\n# other words\nFROM base\n";
const tree = parseDockerfile(text, { file: "Dockerfile" });

test("targets have their names, descriptions and lines", () => {
  expect(targets(tree)).toEqual([
    {
      name: "base",
      description: "what others stand on",
      base: "debian",
      platform: "$BUILDPLATFORM",
      location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] },
    },
    { default: true, base: "base", location: { ranges: [{ start: { line: 6 }, end: { line: 6 } }] } },
  ]);
});

test("targets are printed as a table and as JSON", () => {
  expect(printTargets(targets(tree))).toBe("TARGET    DESCRIPTION\nbase      what others stand on\n(default) \n");
  expect(JSON.parse(printTargetsJson(targets(tree), tree))).toEqual({
    targets: targets(tree),
    sources: [Buffer.from(text).toString("base64")],
  });
});
