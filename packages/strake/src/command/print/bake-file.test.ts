import { expect, test } from "vitest";
import { bakeFiles } from "./bake-file.ts";
import type { TargetBuild } from "./target-builds.ts";

const plain: TargetBuild = {
  name: "web",
  dockerfile: "FROM scratch\n",
  contexts: new Map(),
  given: new Map(),
  tags: ["web"],
  platforms: [],
  secrets: new Map(),
  agents: [],
  entitlements: [],
  annotations: {},
  args: {},
  labels: {},
};

test("says nothing that there is not to say", () => {
  const { bake, dockerfiles } = bakeFiles([plain], { project: "/src" });
  expect(JSON.parse(bake)).toEqual({
    group: { default: { targets: ["web"] } },
    target: { web: { context: ".", "dockerfile-inline": "FROM scratch\n", tags: ["web"] } },
  });
  expect(dockerfiles.size).toBe(0);
});

test("says all that a build has to be told, with paths from the project's folder", () => {
  const base = { ...plain, name: "base/all", dockerfile: "FROM base\n" };
  const web: TargetBuild = {
    ...plain,
    contexts: new Map([["context-1", "/lib"]]),
    given: new Map([["base", "base/all"]]),
    tags: ["web:1", "web:2"],
    platforms: ["linux/amd64", "linux/arm64"],
    secrets: new Map([["token", "TOKEN"]]),
    agents: ["default"],
    entitlements: ["network.host"],
    annotations: { a: "1" },
    args: { V: "2" },
    labels: { l: "3" },
  };
  const { bake, dockerfiles } = bakeFiles([base, web], { project: "/src", folder: "/src/out" });
  expect(JSON.parse(bake)).toEqual({
    group: { default: { targets: ["base-all", "web"] } },
    target: {
      "base-all": { context: ".", dockerfile: "out/base-all.Dockerfile", tags: ["web"] },
      web: {
        context: ".",
        dockerfile: "out/web.Dockerfile",
        contexts: { "context-1": "../lib", base: "target:base-all" },
        args: { V: "2" },
        tags: ["web:1", "web:2"],
        platforms: ["linux/amd64", "linux/arm64"],
        labels: { l: "3" },
        annotations: ["manifest:a=1"],
        secret: ["id=token,env=TOKEN"],
        ssh: ["default"],
        entitlements: ["network.host"],
      },
    },
  });
  expect([...dockerfiles]).toEqual([
    ["base-all.Dockerfile", "FROM base\n"],
    ["web.Dockerfile", "FROM scratch\n"],
  ]);
});

// Every pair here was read back by buildx 0.23 as it is on the left.
test.each([
  ["${V}", "$${V}"],
  ["$${V}", "$$${V}"],
  ["%{x}%", "%%{x}%"],
  ["$%{x}", "$%%{x}"],
  ["$HOME $$ $(x) {}", "$HOME $$ $(x) {}"],
])("writes %j so that bake reads it so", (text, written) => {
  const { bake } = bakeFiles([{ ...plain, dockerfile: text, args: { A: text } }], { project: "/src" });
  expect(JSON.parse(bake).target.web).toMatchObject({ "dockerfile-inline": written, args: { A: written } });
});

test("does not call a target like the group, unless it is the only one", () => {
  const unnamed = { ...plain, name: "default" };
  expect(Object.keys(JSON.parse(bakeFiles([unnamed], { project: "/" }).bake))).toEqual(["target"]);
  const { group } = JSON.parse(bakeFiles([plain, unnamed], { project: "/" }).bake);
  expect(group.default.targets).toEqual(["web", "default-image"]);
});
