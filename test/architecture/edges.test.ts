import { describe, expect, it } from "vitest";
import { environmentOffences, indexOffences, pureOffences } from "./edges.ts";
import { madeUpTree, readSources } from "./repository.ts";

const sources = readSources("packages");

describe("an index", () => {
  it("is imported by no file of its own package", () => {
    expect(indexOffences(sources)).toEqual([]);
  });

  it("would be reported when it is", () => {
    const tree = madeUpTree({
      "packages/oci/src/tar/a.ts": `import type { A } from "../index.ts";`,
      "packages/oci/src/index.test.ts": `import "./index.ts";`,
      "packages/oci/src/layout/index.ts": `import "./layout.ts";`,
    });
    expect(indexOffences(tree)).toEqual(["packages/oci/src/tar/a.ts:1 imports the index of its own package"]);
  });
});

describe("core", () => {
  it("takes values from the pure part of oci only, except where it reads files", () => {
    expect(pureOffences(sources)).toEqual([]);
  });

  it("would be reported for a value of the rest", () => {
    const tree = madeUpTree({
      "packages/core/src/plan/a.ts": `import { readTar } from "@strake/oci";`,
      "packages/core/src/plan/b.ts": `import type { Layer } from "@strake/oci";`,
      "packages/core/src/plan/c.ts": `import { parseDigest } from "@strake/oci/document";`,
      "packages/core/src/context/d.ts": `import { readTar } from "@strake/oci";`,
      "packages/engine/src/e.ts": `import { readTar } from "@strake/oci";`,
    });
    expect(pureOffences(tree)).toEqual(["packages/core/src/plan/a.ts:1 imports a value from @strake/oci"]);
  });
});

describe("the environment", () => {
  it("is read in strake and in the registry's credentials, nowhere else", () => {
    expect(environmentOffences(sources)).toEqual([]);
  });

  it("would be reported elsewhere", () => {
    const tree = madeUpTree({
      "packages/core/src/a.ts": `const home = process.env.HOME; // process.env`,
      "packages/core/src/b.ts": `const text = "process.env";`,
      "packages/core/src/c.ts": `import { env } from "node:process";`,
      "packages/registry/src/auth/d.ts": `const home = process.env.HOME;`,
      "packages/strake/src/e.ts": `const home = process.env.HOME;`,
    });
    expect(environmentOffences(tree)).toEqual([
      "packages/core/src/a.ts:1 reads the environment",
      "packages/core/src/c.ts:1 reads the environment",
    ]);
  });
});
