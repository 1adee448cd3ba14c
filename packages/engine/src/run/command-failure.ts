import { type RunOperation, StrakeError } from "@strake/core";
import type { SandboxExit } from "../sandbox/sandbox.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { CommandLog } from "./command-log.ts";
import type { WantedCommand } from "./wanted-command.ts";

/** Says of a failed command how it ended, what it said last, and where all of its output is. */
export function commandFailure(
  context: SolveContext,
  { id, operation }: WantedCommand,
  exit: SandboxExit,
  log: CommandLog,
): StrakeError {
  const said = context.step(id)?.title ?? `RUN ${operation.args.join(" ")}`;
  const [first = ""] = said.split("\n");
  const title = first === said ? said : `${first} …`;
  const lines = log.lastLines.map((line) => `  ${line}`);
  return new StrakeError({
    code: "command-failed",
    message: `${title} ${ending(exit, context.commands.limits.timeout)}`,
    notes: [
      ...lines,
      ...(log.isEmpty ? [] : [`All of its output: ${log.path}`]),
      ...(isForeign(log) ? foreignPlatform(operation) : advice(exit, operation.args)),
      ...missingSecrets(context, operation),
    ],
  });
}

/** Whether the kernel did not know what to do with a program: all sandboxes say it in these words. */
function isForeign({ lastLines }: CommandLog): boolean {
  return /\bexec format error$/i.test(lastLines.at(-1)?.trim() ?? "");
}

function foreignPlatform({ platform }: RunOperation): readonly string[] {
  return [
    `A program of the image is for another processor than this machine's: the image is for ${platform}.`,
    "Set up emulation (package qemu-user-static), or name a builder of that platform with --builder.",
  ];
}

/** Secrets that the command may do without, and perhaps cannot. */
function missingSecrets({ commands }: SolveContext, { mounts }: RunOperation): readonly string[] {
  return mounts
    .flatMap((mount) => (mount.type === "secret" && !commands.secrets.has(mount.id) ? [mount.id] : []))
    .map((id) => `The secret "${id}" was not given: --secret id=${id},src=FILE gives it.`);
}

function ending({ code, reason }: SandboxExit, timeout: number | undefined): string {
  if (reason === "timeout") return `took longer than ${(timeout ?? 0) / 1000} s and was ended`;
  if (reason === "memory") return "used more memory than it may, and was ended";
  return `exited with ${code}`;
}

function advice({ code, reason }: SandboxExit, args: readonly string[]): readonly string[] {
  if (reason === "memory") return ["Allow it more with --memory."];
  if (reason === "timeout") return ["Allow it longer with --step-timeout."];
  const program = args[0] ?? "";
  if (code === 127) return [`127 says that a program was not found: is it in the image, and in its PATH?`];
  if (code === 126) return [`126 says that ${program} could not be executed: is it a program for this platform?`];
  if (code === 137) return ["137 says that it was killed: most often there was too little memory."];
  return [];
}
