import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type BuildOptions,
  type Operation,
  operationId,
  type Plan,
  type PlannedStep,
  type RunMount,
  type RunOperation,
} from "@strake/core";
import { findProgram } from "../support/find-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A plan of one command, over nothing but a busybox that is sent from this machine. */
export interface CommandPlan {
  readonly plan: Plan;
  readonly options: Pick<BuildOptions, "locals" | "steps">;
  /** The command's step. */
  readonly step: PlannedStep;
}

/** Plans a shell command; `change` is what its operation says otherwise. */
export function commandPlan(
  command: string,
  change: Partial<RunOperation> = {},
  mounts: readonly RunMount[] = [],
): CommandPlan {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  copyFileSync(findProgram("busybox") as string, join(folder, "busybox"));
  const source: Operation = { op: "source", source: { type: "local", name: "." } };
  const copied: Operation = {
    op: "files",
    input: null,
    actions: [
      {
        action: "copy",
        from: operationId(source),
        sources: [{ path: "busybox" }],
        destination: "/bin",
        intoDirectory: true,
        permissions: "normal",
        rules: "strict",
      },
    ],
  };
  const run: Operation = {
    op: "run",
    input: operationId(copied),
    args: ["/bin/busybox", "sh", "-c", command],
    env: ["PATH=/bin"],
    cwd: "/",
    user: "",
    mounts,
    network: "default",
    security: "sandbox",
    platform: "linux/amd64",
    cache: true,
    ...change,
  };
  const operations = Object.fromEntries([source, copied, run].map((operation) => [operationId(operation), operation]));
  const step: PlannedStep = {
    id: operationId(run),
    title: `RUN ${command}`,
    site: { file: "/project/build.ts", line: 12, column: 4 },
    image: "api",
  };
  const history = ["COPY busybox /bin/", `RUN ${command}`].map((text) => {
    return { created: "1970-01-01T00:00:00Z", created_by: `${text} # buildkit` };
  });
  const image = { architecture: "amd64", os: "linux", config: { Env: ["PATH=/bin"] }, history, epoch: 0 };
  const plan: Plan = { version: "strake.v1", platform: "linux/amd64", operations, result: operationId(run), image };
  return { plan, options: { locals: new Map([[".", folder]]), steps: [step] }, step };
}
