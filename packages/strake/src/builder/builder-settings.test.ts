import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseBuilderSettings } from "./builder-settings.ts";

test("the settings of builders are read, with the files that they name", () => {
  const folder = mkdtempSync(join(tmpdir(), "strake-builders-"));
  writeFileSync(join(folder, "ca.pem"), "authority");
  const text = [
    "fast:",
    "  address: tcp://fast.example:1234",
    "  jobs: 8",
    "  tls: { ca: ca.pem, servername: builder }",
    "arm:",
    "  address: ssh://me@arm.example",
    "  platforms: [linux/arm64, linux/arm/v7]",
  ].join("\n");
  const settings = parseBuilderSettings(text, join(folder, "builders.yaml"));
  rmSync(folder, { recursive: true });
  expect(Object.fromEntries(settings)).toEqual({
    fast: { address: "tcp://fast.example:1234", jobs: 8, tls: { ca: "authority", serverName: "builder" } },
    arm: {
      address: "ssh://me@arm.example",
      platforms: [
        { os: "linux", architecture: "arm64" },
        { os: "linux", architecture: "arm", variant: "v7" },
      ],
    },
  });
  expect(parseBuilderSettings("# none\n", "f").size).toBe(0);
});

test.each([
  ["a:\n  adress: tcp://a", 'f:2: "adress" is not a setting of a builder'],
  ["a:\n  jobs: 2", "f:2: a has no address"],
  ["a:", "f:1: the settings of a are not a map"],
  ["auto:\n  address: tcp://a", 'f:1: a builder cannot be called "auto"'],
  ["a:\n  address: tcp://a\n  platforms: linux/amd64", "f:3: platforms is not a list"],
  ["a:\n  address: tcp://a\n  platforms:\n    - a/b/c/d", 'f:4: "a/b/c/d" is not a platform'],
  ["a:\n  address: tcp://a\n  jobs: 0", "f:3: jobs is not a number of at least 1"],
  ["a:\n  address: tcp://a\n  tls: { ca: /no/such.pem }", "f:3: /no/such.pem cannot be read"],
  ["- a", "f:1: the file is not a map"],
  ["a: [", "f:1: "],
])("a mistake is named with its line: %j", (text, message) => {
  expect(() => parseBuilderSettings(text, "f")).toThrow(message);
});
