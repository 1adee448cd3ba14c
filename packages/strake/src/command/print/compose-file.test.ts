import { expect, test } from "vitest";
import { parse } from "yaml";
import { composeFile } from "./compose-file.ts";
import type { TargetBuild } from "./target-builds.ts";

const place = { file: "/src/deploy/compose.yaml", folder: "/src/deploy", project: "/src" };

const web: TargetBuild = {
  name: "web",
  dockerfile: 'FROM scratch\nENV A="${B}" C="\\$d"\n',
  contexts: new Map([["context-1", "/lib"]]),
  given: new Map(),
  tags: ["web:1", "web:2"],
  platforms: ["linux/amd64"],
  secrets: new Map([["token", "TOKEN"]]),
  agents: ["default", "work"],
  entitlements: ["network.host"],
  annotations: {},
  args: {},
  labels: {},
};

const small: TargetBuild = {
  ...web,
  dockerfile: "FROM scratch\n",
  contexts: new Map(),
  tags: ["web:3"],
  platforms: [],
  secrets: new Map(),
  agents: [],
  entitlements: [],
};

test("makes a file that is not there", () => {
  expect(composeFile([web], "", place)).toBe(`services:
  web:
    image: web:1
    build:
      context: ..
      dockerfile_inline: |
        FROM scratch
        ENV A="$\${B}" C="\\$$d"
      additional_contexts:
        context-1: ../../lib
      tags:
        - web:2
      platforms:
        - linux/amd64
      secrets:
        - token
      ssh:
        - default
        - work=\${SSH_AUTH_SOCK}
      entitlements:
        - network.host
secrets:
  token:
    environment: TOKEN
`);
});

test("says the same again without a change, and takes back what does not hold any more", () => {
  const text = composeFile([web], "", place);
  expect(composeFile([web], text, place)).toBe(text);
  expect(composeFile([small], text, place)).toBe(`services:
  web:
    image: web:3
    build:
      context: ..
      dockerfile_inline: |
        FROM scratch
secrets:
  token:
    environment: TOKEN
`);
});

const written = `# Our shop.
services:

  db:
    image: "postgres:17" # pinned

  web: # the shop
    build:
      dockerfile: Dockerfile
      target: prod
      # for the mirror
      args: { MIRROR: "\${MIRROR}" }
      cache_from: [ "web:cache" ]
    ports: ["80:80"]
    image: web:0   # by CI

secrets:
  # not from the environment
  token:
    file: ./token.txt
`;

test("keeps everything of a file but what a build says", () => {
  expect(composeFile([{ ...web, ...small, secrets: web.secrets }], written, place)).toBe(
    written
      .replace("      dockerfile: Dockerfile\n      target: prod\n", "")
      .replace(
        '      cache_from: [ "web:cache" ]\n',
        `      cache_from: [ "web:cache" ]
      context: ..
      dockerfile_inline: |
        FROM scratch
      secrets:
        - token
`,
      )
      .replace("web:0", "web:3"),
  );
});

test("adds services beside those that are there, and takes a build that is one word for none", () => {
  const text = composeFile([small, { ...small, name: "a job" }], "services:\n  web:\n    build: .\n", place);
  expect(parse(text)).toEqual({
    services: {
      web: { image: "web:3", build: { context: "..", dockerfile_inline: "FROM scratch\n" } },
      "a-job": { image: "web:3", build: { context: "..", dockerfile_inline: "FROM scratch\n" } },
    },
  });
});

test.each([
  ["services:\n  - web\n", 2, "services is not a map"],
  ["x: 1\nservices:\n  web: 5\n", 3, "the service web is not a map"],
  ["a: &a {}\nservices:\n  web: *a\n", 3, "the service web is not a map"],
  ["- services\n", 1, "the compose file is not a map"],
  ["services: {}\nsecrets: none\n", 2, "secrets is not a map"],
  ["services:\n  web: {\n", 3, "this is not YAML"],
  ["a: 1\na: 2\n", 2, "this is not YAML"],
])("says what is wrong with %j, and in which line", (text, line, message) => {
  expect(() => composeFile([web], text, place)).toThrow(
    expect.objectContaining({
      code: "invalid-compose-file",
      message: expect.stringContaining(message),
      site: expect.objectContaining({ file: place.file, line }),
    }),
  );
});
