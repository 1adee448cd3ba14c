import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BuildEvent,
  type BuildOptions,
  type CopyAction,
  type FileAction,
  type OperationId,
  type Plan,
  planVersion,
} from "@strake/core";
import type { HashFiles } from "@strake/core/context";
import { sha256 } from "@strake/oci";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Engine } from "../engine.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-files-"));
  mkdirSync(join(root, "context"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const context: OperationId = "sha256:context";
const first: OperationId = "sha256:first";
const second: OperationId = "sha256:second";

function copy(path: string): CopyAction {
  const manner = { intoDirectory: false, permissions: "normal", rules: "docker", keepOwner: false } as const;
  return { action: "copy", from: context, sources: [{ path }], destination: `/${path}`, ...manner };
}

/** Copies two paths of a folder, one step after the other. */
function solve(paths: readonly [string, string], hashFiles: HashFiles) {
  return solveActions([copy(paths[0]), copy(paths[1])], hashFiles);
}

/** Does two actions on a folder, one step after the other. */
function solveActions(
  actions: readonly [FileAction, FileAction],
  hashFiles: HashFiles,
  options: Partial<BuildOptions> = {},
) {
  const plan: Plan = {
    version: planVersion,
    platform: "linux/amd64",
    operations: {
      [context]: { op: "source", source: { type: "local", name: "context" } },
      [first]: { op: "files", input: null, actions: [actions[0]] },
      [second]: { op: "files", input: first, actions: [actions[1]] },
    } as Plan["operations"],
    result: second,
    image: { architecture: "amd64", os: "linux", config: {}, history: [], epoch: 0 },
  };
  const nothing = () => {
    throw new Error("nothing is fetched");
  };
  const engine = new Engine({ store: join(root, "store"), openImage: nothing, fetch: nothing, hashFiles });
  const locals = new Map([["context", join(root, "context")]]);
  return engine.solve(plan, { locals, steps: [], ...options }).finally(() => engine.close());
}

it("hashes the files of a step while those of the steps before are hashed", async () => {
  for (const name of ["one", "two"]) {
    const path = join(root, "context", name);
    writeFileSync(path, "");
    // As long as it takes to be hashed elsewhere, and of no size on the disk.
    truncateSync(path, 65 * 1024 * 1024);
  }
  let bothAsked: () => void = () => {};
  const both = new Promise<void>((resolve) => {
    bothAsked = resolve;
  });
  const asked = new Set<string | undefined>();
  await solve(["one", "two"], async (files) => {
    asked.add(files[0]?.path);
    if (asked.size === 2) bothAsked();
    await both;
    return files.map(({ path }) => sha256(path));
  });
  expect(asked.size).toBe(2);
});

it("says what is wrong with the first step of those that go wrong", async () => {
  const here: HashFiles = async () => [];
  await expect(solve(["none", "neither"], here)).rejects.toMatchObject({ message: expect.stringContaining("none") });
});

it("says of a step that it failed when the image does not know an owner that it names", async () => {
  writeFileSync(join(root, "context", "file"), "");
  const text = "www:x:33:33::/:/bin/sh\n";
  const users: FileAction = { action: "makeFile", path: "/etc/passwd", content: { text }, mode: "644" };
  const given: FileAction = { ...copy("file"), rules: "strict", owner: { user: "web" } };
  const events: BuildEvent[] = [];
  const step = {
    id: second,
    title: "COPY --chown=web file /file",
    image: "app",
    site: { file: "b", line: 1, column: 1 },
  };
  const here: HashFiles = async (files) => files.map(({ path }) => sha256(path));
  const options = { steps: [step], progress: (event: BuildEvent) => events.push(event) };
  await expect(solveActions([users, given], here, options)).rejects.toMatchObject({ code: "unknown-user" });
  expect(events.map(({ type }) => type)).toEqual(["started", "failed"]);
});
