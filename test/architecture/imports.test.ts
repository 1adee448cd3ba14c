import { describe, expect, it } from "vitest";
import { readImports } from "./imports.ts";
import { readTokens } from "./tokens.ts";

const found = (source: string): string[] =>
  readImports(source).map(({ specifier, typeOnly, line }) => `${line} ${specifier}${typeOnly ? " type" : ""}`);

describe("readImports", () => {
  it.each([
    [`import "./a.ts";`, ["1 ./a.ts"]],
    [`import a from "./a.ts";`, ["1 ./a.ts"]],
    [`import * as a from './a.ts'`, ["1 ./a.ts"]],
    [`import a, { b as c } from "./a.ts";`, ["1 ./a.ts"]],
    [`\nimport {\n  a,\n  type B,\n} from "./a.ts";`, ["5 ./a.ts"]],
    [`import type { A } from "./a.ts";`, ["1 ./a.ts type"]],
    [`import type from "./a.ts";`, ["1 ./a.ts"]],
    [`export * from "./a.ts"; export * as b from "./b.ts";`, ["1 ./a.ts", "1 ./b.ts"]],
    [`export { a } from "./a.ts"; export type { B } from "./b.ts";`, ["1 ./a.ts", "1 ./b.ts type"]],
    [`export type * from "./a.ts";`, ["1 ./a.ts type"]],
    [`const a = await import("./a.ts");`, ["1 ./a.ts"]],
    [`type A = typeof import("./a.ts");`, ["1 ./a.ts type"]],
    ["const t = `${await import('./a.ts')}`;", ["1 ./a.ts"]],
    [`import data from "./a.json" with { type: "json" };`, ["1 ./a.json"]],
  ])("reads %j", (source, expected) => {
    expect(found(source)).toEqual(expected);
  });

  it.each([
    `// import "./a.ts"`,
    `/* import a from "./a.ts" */`,
    "const s = `import a from './a.ts'`;",
    `const s = "import a from './a.ts'";`,
    `const r = /import "a"/;`,
    `export const a = { from: "b" };`,
    `export { a }; const from = "b";`,
    `const u = import.meta.url;`,
    `object.import("./a.ts");`,
  ])("finds nothing in %j", (source) => {
    expect(found(source)).toEqual([]);
  });

  it("is not confused by what stands before an import", () => {
    const source = "const a = x / 2; const r = /[/\"'`]/g; const t = `a${`b${1}`}c`; /* ` */ // '\n";
    expect(found(`${source}import "./a.ts";`)).toEqual(["2 ./a.ts"]);
  });
});

describe("readTokens", () => {
  it("keeps words of code apart from words in strings", () => {
    const words = readTokens("process.env // process\n'process'").filter(({ kind }) => kind === "word");
    expect(words.map(({ text }) => text)).toEqual(["process", "env"]);
  });
});
