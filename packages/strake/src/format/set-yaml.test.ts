import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, parseDocument, stringify } from "yaml";
import { setYaml } from "./set-yaml.ts";
import { withValue } from "./with-value.ts";

const compose = `# What runs here.
name:   shop      # odd blanks

services:
    db:
        image: "postgres:17"   # pinned

    web:
        # the shop itself
        image: shop:old  # replaced by CI
        ports: [ "80:80","443:443" ]
        command:
        - serve
        - --all
        # build: .


# Kept between starts.
volumes:
    data:
`;

test("changes one line and keeps the rest, byte for byte", () => {
  expect(setYaml(compose, ["services", "web", "image"], "shop:new")).toBe(compose.replace("shop:old", "shop:new"));
  expect(setYaml(compose, ["services", "web", "image"], "shop:old")).toBe(compose);
});

test("adds what is not there behind its neighbours", () => {
  const text = setYaml(compose, ["services", "web", "build"], { context: ".", dockerfile_inline: "FROM x\n\nRUN y\n" });
  expect(text).toBe(
    compose.replace(
      "        - --all\n",
      `        - --all
        build:
          context: .
          dockerfile_inline: |
            FROM x

            RUN y
`,
    ),
  );
  const again = setYaml(text, ["services", "web", "build", "dockerfile_inline"], "FROM z\n");
  expect(again).toContain("          dockerfile_inline: |\n            FROM z\n        # build: .\n");
  expect(setYaml(again, ["services", "web", "build"], undefined)).toBe(compose);
});

test("adds maps on the way, and fills empty ones", () => {
  expect(setYaml("", ["services", "web"], { image: "a" })).toBe("services:\n  web:\n    image: a\n");
  expect(setYaml("# Empty.\n", ["a", "b"], 1)).toBe("# Empty.\na:\n  b: 1\n");
  expect(setYaml("services:\n  web:\n", ["services", "web", "image"], "a")).toBe("services:\n  web:\n    image: a\n");
  expect(setYaml("services:", ["services", "web", "image"], "a")).toBe("services:\n  web:\n    image: a");
  expect(setYaml("a: 1", ["b"], "x")).toBe("a: 1\nb: x\n");
});

test("gives a map on one line lines of its own", () => {
  const text = "services:\n  db:   {image: pg}\n  web: {image: a, build: {context: .}} # web\n  job: {}\nx: [ 1,2 ]\n";
  const set = setYaml(text, ["services", "web", "build", "context"], "..");
  expect(setYaml(set, ["services", "job", "image"], "b")).toBe(`services:
  db:   {image: pg}
  web: # web
    image: a
    build:
      context: ..
  job:
    image: b
x: [ 1,2 ]
`);
});

test("keeps an anchor that something refers to", () => {
  const text = "services:\n  web:\n    image: &name a\n    build: &build\n      context: .\nx: [*name, *build]\n";
  const set = setYaml(text, ["services", "web", "image"], "b");
  expect(parse(setYaml(set, ["services", "web", "build"], { context: ".." })).x).toEqual(["b", { context: ".." }]);
});

test.each([
  ["a flow map", "services: {web: {image: a}} # all\n"],
  ["an anchor", "services:\n  web: &web\n    image: &name a\n  other: *web\n"],
  ["a merge", "x: &x\n  image: b\nservices:\n  web:\n    <<: *x\n"],
  ["a folded text", "services:\n  web:\n    image: >-\n      a\n    ports: []\n"],
  ["an end", "services:\n  web:\n    image: a\n...\n"],
  ["Windows lines", "services:\r\n  web:\r\n    image: a\r\n    ports: []\r\n"],
  ["a kept text at the end", "services:\n  web:\n    command: |+\n      a\n\n\nx: 1\n"],
])("comes to the right values with %s", (_name, text) => {
  const expected = parse(text);
  expected.services.web.image = "new:1";
  expected.services.web.build = { context: ".", tags: ["a"] };
  if (expected.services.other) Object.assign(expected.services.other, expected.services.web);
  const set = setYaml(text, ["services", "web", "image"], "new:1");
  const result = setYaml(set, ["services", "web", "build"], { context: ".", tags: ["a"] });
  expect(parse(result)).toEqual(expected);
  if (text.includes("#")) expect(result).toContain("# all");
});

test("comes to the right values, whatever they are", () => {
  const key = fc.constantFrom("a", "b", "c d", "1", "#");
  const odd = fc.constantFrom("x: y", "- z", "l1\nl2\n", "  l1\n\n  l2", "|", "#", "~", "l\n\n\n");
  const word = fc.oneof(fc.string(), odd);
  const words = fc.array(word, { maxLength: 2 });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, word, words, tie("tree")), { minKeys: 1, maxKeys: 3 }),
  }));
  const notation = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom("block" as const, "flow" as const, "any" as const),
  });
  const paths = fc.array(key, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tree, notation, paths, fc.oneof(word, words, tree), (record, how, path, value) => {
      const text = stringify(record, how);
      fc.pre(readsBack(text, record) && path.every((_, depth) => isWay(record, path.slice(0, depth))));
      expect(parse(setYaml(text, path, value))).toEqual(withValue(record, path, value));
    }),
  );
});

/** Some texts the library itself does not read back, as with an indent of four. */
function readsBack(text: string, record: unknown): boolean {
  const document = parseDocument(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), record);
}

/** Tells whether a map is at a place, or could be. */
function isWay(record: unknown, path: readonly string[]): boolean {
  const found = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], record);
  return found === undefined || (typeof found === "object" && !Array.isArray(found));
}

test("ends lines as the text does", () => {
  expect(setYaml("a: 1\r\n", ["b", "c"], "x\ny\n")).toBe("a: 1\r\nb:\r\n  c: |\r\n    x\r\n    y\r\n");
});

test("refuses a way that is no map", () => {
  expect(() => setYaml("services: 5\n", ["services", "web", "image"], "a")).toThrow();
});
