import type { RunNode } from "@strake/core";
import { checkApt, checkInstallers } from "./check-packages.ts";
import { checkPrograms } from "./check-programs.ts";
import {
  foldStatements,
  type ImageCheck,
  type LintedImages,
  type ReportStatement,
  shownText,
} from "./linted-images.ts";
import { isShell, type ShellText, shellText, withoutPrefix } from "./shell-commands.ts";

interface ShellState {
  /** Failures of a pipe's first commands count. */
  readonly pipefail: boolean;
  /** The shell is not one of the usual kind, as PowerShell. */
  readonly foreign: boolean;
  /** The statement before is a command that could be joined with this one. */
  readonly plainRun: boolean;
  /** Names of variables that say something about the caches of programs. */
  readonly surroundings: string;
  /** The one of wget and curl that commands have used so far. */
  readonly downloader?: string;
}

/** What commands of the build run, as far as their text tells without running a shell. */
export const checkShell: ImageCheck = (linted, report) => {
  const initial: ShellState = { pipefail: false, foreign: false, plainRun: false, surroundings: "" };
  foldStatements<ShellState>(linted, initial, (state, node) => {
    if (node.kind === "shell") {
      const pipefail = node.shell.some((word) => word === "pipefail" || /^-\w*o\w*pipefail$/.test(word));
      return { ...state, pipefail, foreign: !isShell(node.shell[0] ?? ""), plainRun: false };
    }
    if (node.kind === "env" || node.kind === "arg") {
      const names = node.kind === "arg" ? [node.name] : node.variables.map(([name]) => shownText(name));
      return { ...state, plainRun: false, surroundings: `${state.surroundings} ${names.join(" ")}` };
    }
    if (node.kind !== "run") return state.plainRun ? { ...state, plainRun: false } : state;
    const plainRun = isPlain(node);
    if (plainRun && state.plainRun) {
      const word = linted.word(node);
      report("ConsecutiveRun", node, `${word} follows ${word}: each makes a layer of its own`);
    }
    const shell = state.foreign ? undefined : shellText(node.command);
    if (shell === undefined) return { ...state, plainRun };
    checkCommands(linted, node, shell, state, report);
    const { downloader = downloaderOf(shell) } = state;
    const other = downloaderOf(shell, downloader);
    if (other !== undefined) report("WgetAndCurl", node, `${other} is used, and ${downloader} is too`);
    return { ...state, plainRun, ...(downloader === undefined ? {} : { downloader }) };
  });
};

/** The first of wget and curl in a command, leaving one of them out. */
function downloaderOf({ pipes }: ShellText, known?: string): string | undefined {
  const programs = pipes.flat().map((words) => withoutPrefix(words)[0]);
  return programs.find((program) => (program === "wget" || program === "curl") && program !== known);
}

/** Tells whether a command has no options. */
function isPlain({ mounts, network, security, cache }: RunNode): boolean {
  return mounts.length === 0 && [network, security, cache].every((option) => option === undefined);
}

function checkCommands(
  { notation }: LintedImages,
  run: RunNode,
  { text, pipes }: ShellText,
  { pipefail, surroundings }: ShellState,
  report: ReportStatement,
): void {
  const commands = pipes.flat();
  if (commands.every(([program]) => program === "cd")) {
    report("CdInsteadOfWorkdir", run, "cd has no effect on the instructions that follow");
  } else if (/^\s*cd\s+[^\s;&|]+\s*(?:&&|;)/.test(text)) {
    report("CdInsteadOfWorkdir", run, `${notation === "code" ? "workdir()" : "WORKDIR"} says where commands run`);
  }
  const programs = commands.map(withoutPrefix);
  if (programs.some(([program]) => program === "sudo")) report("SudoInRun", run, "sudo has unforeseeable effects");
  if (!pipefail && !text.includes("pipefail") && pipes.some(canHideFailure)) {
    report("PipeWithoutPipefail", run, "Of a pipe only the last command's failure is seen");
  }
  const piped = pipes.find((pipe) => pipe.some((words, at) => at > 0 && runsDownload(pipe[at - 1] ?? [], words)));
  if (piped !== undefined) {
    const message = "What a shell runs was downloaded, and nobody has checked that it is what it should be";
    report("DownloadPipedToShell", run, message);
  }
  const plain = programs.map((words) => (words[0] === "sudo" ? words.slice(1) : words));
  checkApt(run, text, plain, report);
  checkInstallers(run, text, plain, surroundings, report);
  checkPrograms(run, plain, report);
}

/** Tells whether a pipe begins with something that can fail. */
function canHideFailure(pipe: readonly (readonly string[])[]): boolean {
  const before = pipe.slice(0, -1);
  // The choices of a case statement are no commands.
  if (
    before.length > 0 &&
    !before.flat().some((word) => word.includes("(")) &&
    /^[^(]*\)/.test(pipe.at(-1)?.[0] ?? "")
  ) {
    return false;
  }
  return before.some((words) => !["echo", "printf", "yes", "true"].includes(withoutPrefix(words)[0] ?? ""));
}

function runsDownload(from: readonly string[], to: readonly string[]): boolean {
  const [download = ""] = withoutPrefix(from);
  const [first = "", second = ""] = withoutPrefix(to);
  return ["curl", "wget"].includes(download) && isShell(first === "sudo" ? second : first);
}
