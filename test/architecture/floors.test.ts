import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { floorOffences, manifestOffences } from "./floors.ts";
import { listFiles, madeUpTree, readSources, repositoryRoot } from "./repository.ts";

describe("floors", () => {
  it("holds in every package: imports go down only", () => {
    expect(floorOffences(readSources("packages"))).toEqual([]);
  });

  it("holds in every package.json", () => {
    const paths = listFiles(["packages"]).filter((path) => /^packages\/[^/]+\/package\.json$/.test(path));
    const manifests = new Map(paths.map((path) => [path, readFileSync(join(repositoryRoot, path), "utf8")]));
    expect(paths).not.toEqual([]);
    expect(manifestOffences(manifests)).toEqual([]);
  });

  it("would show the chain of an import that goes up", () => {
    const tree = madeUpTree({
      "packages/core/src/index.ts": `export * from "./plan/plan.ts";`,
      "packages/core/src/plan/plan.ts": `import type { A } from "../a.ts";`,
      "packages/core/src/a.ts": `\nimport type { Engine } from "@strake/engine";`,
    });
    expect(floorOffences(tree)).toEqual([
      "packages/core/src/a.ts:2 (floor 1) imports @strake/engine (floor 2)\n" +
        "  packages/core/src/index.ts → packages/core/src/plan/plan.ts → packages/core/src/a.ts → @strake/engine",
    ]);
  });

  it.each([
    ["sideways", `import "@strake/registry";`, /imports @strake\/registry \(floor 1\)/],
    ["to itself by name", `import "@strake/core";`, /imports @strake\/core \(floor 1\)/],
    ["by a path", `import "../../oci/src/digest.ts";`, /reaches into packages\/oci by a path/],
    ["out of the packages", `import "../../../test/a.ts";`, /reaches into packages\/\.\. by a path/],
  ])("would refuse an import %s", (_, source, message) => {
    expect(floorOffences(madeUpTree({ "packages/core/src/a.ts": source }))).toEqual([expect.stringMatching(message)]);
  });

  it("would refuse a package without a floor and allow an import that goes down", () => {
    expect(floorOffences(madeUpTree({ "packages/new/src/a.ts": "" }))).toEqual(["packages/new stands on no floor"]);
    expect(floorOffences(madeUpTree({ "packages/core/src/a.ts": `import "@strake/oci/document";` }))).toEqual([]);
  });

  it("would refuse a dependency that goes up", () => {
    const manifest = JSON.stringify({ dependencies: { "@strake/engine": "0.1.0", yaml: "2" } });
    expect(manifestOffences(madeUpTree({ "packages/oci/package.json": manifest }))).toHaveLength(1);
  });
});
