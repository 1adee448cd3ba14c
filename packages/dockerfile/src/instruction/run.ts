import { heredocDelimiter, type Mount, type Step, type TextValue } from "@strake/core";
import type { Printer } from "../printer.ts";
import { escapeWord, jsonForm } from "../quote.ts";

type RunStep = Extract<Step, { kind: "run" }>;

/** Prints RUN; `shell` is the shell in effect, for texts that only the JSON form can carry. */
export function printRun(printer: Printer, node: RunStep, shell: readonly string[]): string {
  const flags = node.mounts.map((mount) => `--mount=${mountText(printer, node, mount)}`);
  if (node.network !== undefined && node.network !== "default") {
    printer.needed.use("network");
    if (node.network === "host") printer.entitlements.add("network.host");
    flags.push(`--network=${node.network}`);
  }
  if (node.security === "insecure") {
    printer.needed.use("security");
    printer.entitlements.add("security.insecure");
    flags.push("--security=insecure");
  }
  const before = flags.map((flag) => `${flag} \\\n    `).join("");
  return `RUN ${before}${commandText(printer, node, shell)}`;
}

function commandText(printer: Printer, node: RunStep, shell: readonly string[]): string {
  const literal = (value: TextValue) => shellText(printer, value, node);
  const command = node.command;
  switch (command.form) {
    case "exec":
      return jsonForm(command.args.map((word) => printer.literal(word, node.site, "a command")));
    case "shell":
      return plainOrJson(literal(command.text), shell);
    case "commands": {
      const lines = command.commands.map(literal);
      if (lines.some((line) => !isPlain(line))) return jsonForm([...shell, lines.join(" && ")]);
      // What follows the continuation begins its line, so that the joined text is exactly `a && b`.
      return lines.join(" \\\n&& ");
    }
    case "script": {
      printer.needed.use("heredoc");
      const body =
        command.interpreter === undefined ? `set -e\n${command.text}` : `#!${command.interpreter}\n${command.text}`;
      const delimiter = command.name ?? heredocDelimiter(body);
      return `<<${delimiter}\n${body}${delimiter}`;
    }
  }
}

/** A variable in a command is the shell's own affair: it has the same value there. */
function shellText(printer: Printer, value: TextValue, node: RunStep): string {
  return printer.text(value, node.site, (text) => text);
}

function plainOrJson(text: string, shell: readonly string[]): string {
  return isPlain(text) ? text : jsonForm([...shell, text]);
}

/** What the parser takes for nothing but text: no line break, heredoc, flag, JSON, comment or continuation. */
function isPlain(text: string): boolean {
  return !/[\r\n]|<<|^\s|\s$|^(\[|--|#)|\\$/.test(text);
}

function mountText(printer: Printer, node: RunStep, mount: Mount): string {
  const text = (value: TextValue) => printer.text(value, node.site, escapeWord);
  const options: [string, string | number | boolean | undefined][] = [];
  switch (mount.type) {
    case "bind": {
      const { flag, prefix } = printer.from(mount.from, node.site);
      const source = mount.source === undefined ? undefined : text(mount.source);
      options.push(["from", flag], ["source", prefix === "" ? source : prefix + (source ?? "").replace(/^\/+/, "")]);
      options.push(["target", text(mount.target)], ["rw", mount.writable || undefined]);
      break;
    }
    case "cache":
      options.push(["id", mount.id === undefined ? undefined : text(mount.id)], ["target", text(mount.target)]);
      options.push(["sharing", mount.sharing], ["ro", mount.readonly || undefined]);
      if (mount.from !== undefined) options.push(["from", printer.from(mount.from, node.site).flag]);
      options.push(["source", mount.source === undefined ? undefined : text(mount.source)], ...ownership(mount));
      break;
    case "tmpfs":
      options.push(["target", text(mount.target)], ["size", mount.size]);
      break;
    case "secret":
      if (mount.env !== undefined) printer.needed.use("secret-env");
      printer.secrets.set(mount.id, printer.secrets.get(mount.id) ?? mount.env);
      options.push(["id", mount.id], ["target", mount.target === undefined ? undefined : text(mount.target)]);
      options.push(["env", mount.env], ["required", mount.required || undefined], ...ownership(mount));
      break;
    case "ssh":
      printer.agents.add(mount.id ?? "default");
      options.push(["id", mount.id], ["target", mount.target === undefined ? undefined : text(mount.target)]);
      options.push(["required", mount.required || undefined], ...ownership(mount));
      break;
  }
  const given = options.filter(([, value]) => value !== undefined);
  // BuildKit checks options against the type that it has read so far, so the type stands first.
  return [`type=${mount.type}`, ...given.map(([name, value]) => (value === true ? name : `${name}=${value}`))].join(
    ",",
  );
}

function ownership(mount: { readonly mode?: number; readonly uid?: number; readonly gid?: number }) {
  return [
    ["mode", mount.mode === undefined ? undefined : `0${mount.mode.toString(8)}`],
    ["uid", mount.uid],
    ["gid", mount.gid],
  ] as [string, string | number | undefined][];
}
