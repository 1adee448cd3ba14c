import type { Command, RunNode } from "@strake/core";
import { heredocText } from "../syntax/heredoc-markers.ts";
import type { Instruction } from "../syntax/tree.ts";
import { type CodeContext, callCode, listCode, objectCode, optionsCode, templateText, textCode } from "./code.ts";
import { mountCode } from "./mount-code.ts";
import type { StageNames } from "./stage-names.ts";

/** Prints RUN. */
export function runCode(node: RunNode, instruction: Instruction, escapeCharacter: string, names: StageNames): string {
  const mounts = node.mounts.map((mount) => mountCode(mount, names));
  const options = optionsCode({
    mounts: mounts.length === 0 ? undefined : listCode(mounts),
    network: node.network === undefined ? undefined : JSON.stringify(node.network),
    security: node.security === undefined ? undefined : JSON.stringify(node.security),
  });
  return callCode(".run", [commandCode(node.command, instruction, escapeCharacter, names), ...options]);
}

function commandCode(
  command: Command,
  instruction: Instruction,
  escapeCharacter: string,
  context: CodeContext,
): string {
  switch (command.form) {
    case "exec":
      return listCode(command.args.map((word) => textCode(word as string, context)));
    case "script": {
      const text = `\`\n${templateText(command.text)}\``;
      const options = { interpreter: JSON.stringify(command.interpreter), name: nameCode(command.name) };
      return `${context.use("script")}(${text}, ${objectCode(options)})`;
    }
    case "shell":
      return shellCode(command.text as string, instruction, escapeCharacter);
    case "commands":
      throw new Error("a Dockerfile has no lists of commands");
  }
}

/** The name that a script has where nobody says. */
function nameCode(name: string | undefined): string | undefined {
  return name === undefined || name === "EOF" ? undefined : JSON.stringify(name);
}

/** Prints a command for the shell with the lines that it has in the Dockerfile. */
export function shellCode(text: string, instruction: Instruction, escapeCharacter: string): string {
  const [heredoc] = instruction.heredocs;
  if (heredoc !== undefined && text === heredocText(heredoc)) return `\`${templateText(text)}\``;
  if (text.includes("\n")) return `\`${templateText(text)}\``;
  const lines = linesOf(text, instruction, escapeCharacter);
  if (lines.length < 2 || lines.join("") !== text) return JSON.stringify(text);
  // A line break after a backslash is no part of a template either.
  return `\`${lines.map(templateText).join("\\\n")}\``;
}

/** The pieces of a text that stand on lines of their own. */
function linesOf(text: string, instruction: Instruction, escapeCharacter: string): readonly string[] {
  const written = instruction.text.replace(/\r?\n$/, "").split(/\r?\n/);
  const pieces: string[] = [];
  let left = text;
  for (const [at, line] of written.entries()) {
    if (at > 0 && (/^\s*#/.test(line) || line.trim() === "")) continue;
    const end = line.trimEnd();
    const own = end.endsWith(escapeCharacter) ? end.slice(0, -1) : line;
    // The first line also has the keyword and flags.
    const piece = pieces.length === 0 ? own.slice(overlap(own, left)) : own;
    if (piece === "" || !left.startsWith(piece)) continue;
    pieces.push(piece);
    left = left.slice(piece.length);
  }
  return left === "" ? pieces : [];
}

/** Where in a line the text begins: the place from which on the line is its beginning. */
function overlap(line: string, text: string): number {
  for (let at = 0; at < line.length; at++) if (line[at] === text[0] && text.startsWith(line.slice(at))) return at;
  return line.length;
}
