import { describe, expect, it } from "vitest";
import { findCycles } from "./cycles.ts";
import { madeUpTree, readSources } from "./repository.ts";

describe("import cycles", () => {
  it("do not exist, type imports included", () => {
    expect(findCycles(readSources("packages", "test"))).toEqual([]);
  });

  it("would be found, also through types and re-exports", () => {
    const tree = madeUpTree({
      "a.ts": `import { b } from "./b.ts";`,
      "b.ts": `export * from "./inner/c.ts";`,
      "inner/c.ts": `import type { A } from "../a.ts";`,
    });
    expect(findCycles(tree)).toEqual(["a.ts → b.ts → inner/c.ts → a.ts"]);
  });

  it("would be found in a file that imports itself", () => {
    expect(findCycles(madeUpTree({ "a.ts": `import "./a.ts";` }))).toEqual(["a.ts → a.ts"]);
  });

  it("are not seen where two ways lead to one file", () => {
    const tree = madeUpTree({ "a.ts": `import "./b.ts"; import "./c.ts";`, "b.ts": `import "./c.ts";`, "c.ts": "" });
    expect(findCycles(tree)).toEqual([]);
  });
});
