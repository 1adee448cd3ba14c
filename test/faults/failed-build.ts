import { expect } from "vitest";
import { folderState, storeFaults } from "../support/folder-state.ts";
import { type ProjectFiles, project } from "../support/project.ts";
import type { RunResult } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Where a build that has to fail takes place. */
export interface FailingPlace {
  readonly cwd?: string;
  readonly home?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Builds a project that cannot be built, to a file, and returns what was said.
 *
 * Whatever is wrong: the status is 1, nothing of ours is in the message, the project is as it was, no result and no
 * image is in the store, and its blobs are whole.
 */
export async function failedBuild(files: ProjectFiles, place: FailingPlace = {}): Promise<string> {
  const { home = temporaryFolder(), args = ["-o", "type=oci,dest=out.tar"], env = {} } = place;
  const cwd = project(files, place.cwd);
  const before = folderState(cwd);
  const results = () => folderState(home).filter((line) => /^(images|outputs|builds)\//.test(line));
  const resultsBefore = results();
  const result = await runStrake(["build", "--progress", "quiet", ...args], { cwd, home, env });
  expectOneMessage(result);
  expect(folderState(cwd)).toEqual(before);
  expect(results()).toEqual(resultsBefore);
  expect(storeFaults(home)).toEqual([]);
  return result.stderr;
}

/** Checks that a run failed with one message for people: no stack, none of our own mistakes, no second error. */
export function expectOneMessage(result: RunResult): void {
  expect(result, result.stderr).toMatchObject({ status: 1, stdout: "" });
  expect(result.stderr).not.toMatch(/^\s+at .*[:(]\d/m);
  expect(result.stderr).not.toContain("this should not have happened");
  expect(result.stderr.split("\n").filter((line) => /^(\S+:\d+:\d+ {2}|strake: )/.test(line))).toHaveLength(1);
}
