import { readFileSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import type { CallSite } from "@strake/core";
import { storeHome } from "../compose/store-home.ts";
import { isInterruption } from "./exit-status.ts";
import { makeStyle, type Style, withoutControlCodes } from "./style.ts";
import { describeSystemError, isExplained, isSystemError, type SystemError } from "./system-error.ts";

/** How errors are shown. */
export interface ErrorDisplay {
  /** The folder that shown paths are relative to; absolute. */
  readonly folder: string;
  readonly colour: boolean;
  /** True: errors that nobody foresaw are shown with their stack. */
  readonly debug: boolean;
}

/** An error in the parts that are shown. */
interface Report {
  readonly site?: CallSite | undefined;
  readonly message: string;
  readonly notes: readonly string[];
}

/**
 * Turns an error, whatever it is, into the text that a person sees; it ends with a line feed.
 *
 * The first line is the place and what is wrong, then comes the line of the source, then what helps.
 */
export function showError(error: unknown, display: ErrorDisplay): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((each) => showError(each, display)).join("");
  }
  return print(reportOf(error, display), display);
}

function reportOf(error: unknown, display: ErrorDisplay): Report {
  if (isInterruption(error)) return { message: "interrupted", notes: [] };
  if (!(error instanceof Error)) return unforeseen(`something that is not an error was thrown: ${String(error)}`);
  if (isReport(error)) return { site: error.site, message: error.message, notes: notesOf(error) };
  const shorten = (path: string) => shownPath(path, display);
  // Which of the store's own files could not be written says nothing where none can.
  const called = (path: string) => (isInStore(path) ? `the local store in ${storeHome(process.env)}` : shorten(path));
  if (isSystemError(error)) {
    const { message, notes } = describeSystemError(error, error.code === "EROFS" ? called : shorten);
    return { message, notes: [...notes, ...storeNotes(error)] };
  }
  if (isExplained(error)) {
    return {
      message: error.message,
      notes: [...describeSystemError(error.cause, shorten).notes, ...storeNotes(error.cause, error.message)],
    };
  }
  return unforeseen(`${error.name}: ${error.message}`, display.debug ? error.stack : undefined);
}

/**
 * What helps where the store itself cannot be used.
 *
 * @param said - names the folder where the system's error does not: a file that is open has no path
 */
function storeNotes({ code, dest, ...error }: SystemError, said = ""): readonly string[] {
  const home = storeHome(process.env);
  const path = error.path ?? dest ?? (said.includes(home) ? home : undefined);
  if (path === undefined) return [];
  if (isInStore(path)) {
    if (code === "ENOSPC")
      return ["strake prune removes what has not been used for long; STRAKE_HOME can name a folder on another disk."];
    if (code === "EROFS") return ["STRAKE_HOME can name a folder elsewhere for what strake keeps."];
  } else if (relative(path, home).startsWith("..")) return [];
  if (!["EACCES", "EPERM", "ENOTDIR", "ENOENT"].includes(code)) return [];
  return [`The local store is to be in ${home}; STRAKE_HOME can name a folder that you may write to.`];
}

function isInStore(path: string): boolean {
  return !relative(storeHome(process.env), path).startsWith("..");
}

/** An error of one of our packages: for the person who made the mistake. */
interface ForeseenError extends Error {
  readonly site?: CallSite;
  readonly notes?: readonly string[];
  readonly hint?: string;
}

function isReport(error: Error): error is ForeseenError {
  return /^(Strake|Oci|Registry|Dockerfile|Engine|Daemon)Error$/.test(error.name) && "code" in error;
}

function notesOf({ notes = [], hint }: ForeseenError): readonly string[] {
  return hint === undefined ? notes : [...notes, hint];
}

function unforeseen(message: string, stack?: string): Report {
  return {
    message: `this should not have happened: ${message}`,
    notes: [stack ?? "It is a mistake in strake. STRAKE_DEBUG=1 shows where; please report it."],
  };
}

function print(report: Report, display: ErrorDisplay): string {
  const style = makeStyle(display.colour);
  const [first = "", ...more] = withoutControlCodes(report.message).split("\n");
  const site = report.site !== undefined && report.site.line > 0 ? report.site : undefined;
  const place = site ? `${shownPath(site.file, display)}:${site.line}:${site.column}` : "strake:";
  const source = site ? excerpt(site, style) : [];
  const lines = [
    `${style.bold(place)}${site ? "  " : " "}${style.red(first)}`,
    ...more.map((line) => `  ${line}`),
    ...source,
    // The line of the source is shown already, where it could be read.
    ...report.notes
      .flatMap((note) => withoutControlCodes(note).split("\n"))
      .filter((line) => source.length === 0 || !line.startsWith(`${site?.line} |`))
      .map((line) => `  ${line}`),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** The line of the source, or nothing when it cannot be read any more. */
function excerpt(site: CallSite, style: Style): string[] {
  try {
    const line = readFileSync(site.file, "utf8").split(/\r?\n/)[site.line - 1];
    if (line === undefined) return [];
    return [`  ${style.dim(`${site.line} |`)} ${withoutControlCodes(shortened(line, site.column))}`];
  } catch {
    return [];
  }
}

/** A generated line can be of any length; what is around the column is enough. */
function shortened(line: string, column: number): string {
  if (line.length <= 200) return line;
  const from = Math.max(0, column - 60);
  return `${from > 0 ? "…" : ""}${line.slice(from, from + 160)}…`;
}

/** A path as people would write it from their folder; one that is far away, or not of this machine, stays what it is. */
function shownPath(path: string, { folder }: ErrorDisplay): string {
  if (!isAbsolute(path)) return path;
  const near = relative(folder, path);
  if (near === "") return ".";
  return near.startsWith(`..${sep}..${sep}..`) || near.length > path.length ? path : near;
}
