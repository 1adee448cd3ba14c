import type { ContainerCommand, Step, TextValue } from "@strake/core";
import { noDockerfileForm } from "../no-dockerfile-form.ts";
import type { Printer } from "../printer.ts";
import { escapeQuoted, escapeRest, escapeWord, jsonForm, oneLine } from "../quote.ts";

type Kind<K extends Step["kind"]> = Extract<Step, { kind: K }>;

/** Prints ENV and LABEL; every value is quoted, so that nothing in it is lost. */
export function printPairs(
  printer: Printer,
  keyword: "ENV" | "LABEL",
  values: Kind<"env">["variables"],
  site: Step["site"],
): string {
  const quoted = (value: TextValue, what: string) =>
    printer.text(value, site, (literal) => escapeQuoted(oneLine(literal, site, what)));
  const pairs = values.map(([name, value]) => {
    const plain = keyword === "ENV" && typeof name === "string";
    return `${plain ? name : quoteName(quoted(name, "a name"))}=${quoteWhereNeeded(quoted(value, "a value"))}`;
  });
  return pairs.length === 0 ? "" : `${keyword} ${pairs.join(" \\\n    ")}`;
}

/** Prints ARG with those before it that are one statement with it; nothing for such a one. */
export function printArg(printer: Printer, node: Kind<"arg">): string {
  if (node.history === null) return "";
  const words = [argumentWord(printer, node)];
  for (let before = node.input; before.kind === "arg" && before.history === null; before = before.input) {
    words.unshift(argumentWord(printer, before));
  }
  return `ARG ${words.join(" ")}`;
}

function argumentWord(printer: Printer, { default: value, name, site }: Kind<"arg">): string {
  if (value === undefined) return name;
  if (typeof value === "object" && value.kind === "argument" && value.name === name) {
    printer.useArgument(value, site);
    return name;
  }
  const quoted = (literal: string) => escapeQuoted(oneLine(literal, site, "a value"));
  return `${name}=${quoteWhereNeeded(printer.text(value, site, quoted))}`;
}

/** Prints an instruction that takes the rest of its line. */
export function printRest(printer: Printer, keyword: string, value: Kind<"user">["user"], site: Step["site"]): string {
  const escaped = (escapeText: (literal: string) => string) =>
    printer.text(value, site, (literal) => escapeText(oneLine(literal, site, "a value")));
  const text = escaped(escapeRest);
  // Blanks at its ends belong to it only in quotes.
  return `${keyword} ${text === text.trim() && text !== "" ? text : `"${escaped(escapeQuoted)}"`}`;
}

/** Prints MAINTAINER, of which BuildKit takes the text as it is written. */
export function printMaintainer(printer: Printer, { author, site }: Kind<"maintainer">): string {
  return `MAINTAINER ${oneLine(printer.literal(author, site, "MAINTAINER"), site, "a value")}`;
}

export function printExpose(printer: Printer, node: Kind<"expose">): string {
  return `EXPOSE ${node.ports.map((port) => printer.text(port, node.site, escapeWord)).join(" ")}`;
}

export function printVolume(printer: Printer, node: Kind<"volume">): string {
  return `VOLUME ${jsonForm(node.paths.map((path) => printer.text(path, node.site, escapeRest)))}`;
}

/** Prints CMD and ENTRYPOINT. */
export function printCommand(printer: Printer, keyword: string, node: Kind<"cmd"> | Kind<"entrypoint">): string {
  return `${keyword} ${commandText(printer, node.command, node.site)}`;
}

export function printHealthcheck(printer: Printer, node: Kind<"healthcheck">): string {
  if (node.command === undefined) return "HEALTHCHECK NONE";
  const flags = [
    ["interval", node.interval],
    ["timeout", node.timeout],
    ["start-period", node.startPeriod],
    ["start-interval", node.startInterval],
  ] as const;
  const durations = flags.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${printDuration(value)} `],
  );
  const retries = node.retries === undefined ? "" : `--retries=${node.retries} `;
  return `HEALTHCHECK ${durations.join("")}${retries}CMD ${commandText(printer, node.command, node.site)}`;
}

function commandText(printer: Printer, command: ContainerCommand, site: Step["site"]): string {
  if (command.form === "exec") {
    return jsonForm(command.args.map((word) => printer.literal(word, site, "a command")));
  }
  const text = printer.literal(command.text, site, "a command");
  if (/[\r\n]/.test(text))
    throw noDockerfileForm(site, "a command of several lines", "Write a script into a file with .write().");
  // A text that opens with a bracket is taken for the JSON form, a leading dash for a flag.
  if (/^\s*(\[|--)/.test(text) || /\\\s*$/.test(text)) {
    throw noDockerfileForm(site, `the shell command "${text}"`, "Give it as a list of arguments.");
  }
  return text;
}

function printDuration(nanoseconds: number): string {
  if (nanoseconds % 1e9 === 0) return `${nanoseconds / 1e9}s`;
  return nanoseconds % 1e6 === 0 ? `${nanoseconds / 1e6}ms` : `${nanoseconds}ns`;
}

function quoteName(escaped: string): string {
  return /^[\w./{}$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** Plain words are pleasanter to read without quotes. */
function quoteWhereNeeded(escaped: string): string {
  return /^[\w@%+:,./{}$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
