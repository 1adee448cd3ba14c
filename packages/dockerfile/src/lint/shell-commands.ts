import { baseName, type Command } from "@strake/core";
import { shownText } from "./linted-images.ts";

/** What a shell is given, as far as its text tells without running it. */
export interface ShellText {
  /** Without what quotes hold. */
  readonly text: string;
  /** Each command as its words, pipes taken apart. */
  readonly pipes: readonly (readonly (readonly string[])[])[];
}

const shells: readonly string[] = ["sh", "bash", "dash", "ash", "ksh", "zsh"];

/** Reads a command, unless no shell of the usual kind reads it. */
export function shellText(command: Command): ShellText | undefined {
  const source = sourceOf(command);
  if (source === undefined) return undefined;
  const text = unquoted(source.includes("<<") ? withoutForeignTexts(source) : source);
  const pipes = text.split(/&&|\|\||[;\n]/).map((pipe) => pipe.split(/(?<!>)\|/).map(wordsOf));
  return { text, pipes };
}

/** Tells whether a program is a shell, by its path. */
export function isShell(program: string): boolean {
  return shells.includes(baseName(program));
}

/** The program of a command and its arguments, without what a shell has before them. */
export function withoutPrefix(words: readonly string[]): readonly string[] {
  const first = words.findIndex(
    (word) => !/^(?:[A-Za-z_]\w*=.*|[({!]|then|do|else|if|while|time|exec|env)$/.test(word),
  );
  const [program = "", ...rest] = first === -1 ? [] : words.slice(first);
  return [program.replace(/^\(+/, ""), ...rest];
}

function sourceOf(command: Command): string | undefined {
  switch (command.form) {
    case "shell":
      return shownText(command.text);
    case "commands":
      return command.commands.map(shownText).join(" && ");
    case "script": {
      const [program = "", ...options] = command.interpreter?.trim().split(/\s+/) ?? ["sh"];
      const shell = program.endsWith("/env") ? (options.find((word) => !word.startsWith("-")) ?? "") : program;
      return isShell(shell) ? `${options.includes("pipefail") ? "set -o pipefail\n" : ""}${command.text}` : undefined;
    }
    case "exec":
      return undefined;
  }
}

function wordsOf(command: string): readonly string[] {
  return command.trim().split(/\s+/);
}

/** A script without the texts that it hands to programs which are no shells. */
function withoutForeignTexts(source: string): string {
  return source.replace(
    /^([^\n]*?)<<-?\s*(["']?)(\w+)\2([^\n]*)\n[\s\S]*?^\t*\3$/gm,
    (all: string, before: string, _quote: string, _name: string, after: string) => {
      const [program = ""] = withoutPrefix(wordsOf(before.split(/&&|[;|]/).at(-1) ?? ""));
      return isShell(program) ? all : before + after;
    },
  );
}

/** A command without what its quotes hold. */
function unquoted(text: string): string {
  return text.replace(/\\.|'[^']*'|"(?:[^"\\]|\\.)*"/g, (piece) => (piece.startsWith("\\") ? " " : "_"));
}
