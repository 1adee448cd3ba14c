import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

test.each([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/debian:pull"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:library/debian:pull",
        },
      },
    ],
  ],
  [
    'Bearer realm="a", scope="repository:x:pull,push"',
    [{ scheme: "bearer", parameters: { realm: "a", scope: "repository:x:pull,push" } }],
  ],
  ["Basic realm=plain", [{ scheme: "basic", parameters: { realm: "plain" } }]],
  ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
  [
    'Basic realm="a \\"quoted\\" word", Bearer Realm = "b"',
    [
      { scheme: "basic", parameters: { realm: 'a "quoted" word' } },
      { scheme: "bearer", parameters: { realm: "b" } },
    ],
  ],
  ["", []],
  ['realm="no scheme"', []],
])("a challenge is taken apart: %s", (header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});

test("any text is parsed without failing", () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
});

test("a quoted value comes back as it was", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const quoted = value.replace(/["\\]/g, "\\$&");
      expect(parseChallenges(`Bearer realm="${quoted}", service=x`)).toEqual([
        { scheme: "bearer", parameters: { realm: value, service: "x" } },
      ]);
    }),
  );
});
