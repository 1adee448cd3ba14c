import { expect, test } from "vitest";
import { lazyRequire } from "./lazy-require.ts";

const require = lazyRequire(import.meta.filename);

test("a heavy module of Node is there once it is used", () => {
  const zlib = require("node:zlib") as typeof import("node:zlib");
  expect(zlib.gunzipSync(zlib.gzipSync("text")).toString()).toBe("text");
  expect("gzipSync" in zlib).toBe(true);
  expect({ ...zlib }.constants).toBe(zlib.constants);
});

test("other modules are themselves", () => {
  expect(require("node:path")).toBe(process.getBuiltinModule("node:path"));
});
