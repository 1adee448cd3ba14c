import { describe, expect, test } from "vitest";
import { isSelfContained } from "./self-contained.ts";

const library = "file:///somewhere/index.js";

describe("a module is self-contained", () => {
  test.each([
    `import { image, scratch } from "${library}";\nvar app = image().from(scratch);\nexport {\n  app as default\n};`,
    'var level = process.env.LEVEL ?? "1";',
    "var names = [1, 2].map((n) => `app-${Math.max(n, 1)}`);\nconsole.log(JSON.stringify(names));",
    "class Stage extends Map {}\nasync function all() { await Promise.all([]); }",
  ])("with %j", (code) => {
    expect(isSelfContained(code, [library])).toBe(true);
  });

  test.each([
    `import { image } from "file:///elsewhere/index.js";`,
    `import "file:///elsewhere/index.js";`,
    `import fs from "node:fs";`,
    `import * as strake from "${library}.js";`,
    `var when = new Date().toISOString();`,
    "var id = Math.random();",
    "var all = { ...process };",
    "var { env } = globalThis.process;",
    'var found = await import("node:fs");',
    'var fs = require("node:fs");',
    'var now = [].constructor.constructor("return Date.now()")();',
    "var answer = await fetch(address);",
    "var here = import.meta.url;",
    "setTimeout(() => {}, 10);",
    "var began = performance.now();",
  ])("but not with %j", (code) => {
    expect(isSelfContained(code, [library])).toBe(false);
  });
});
