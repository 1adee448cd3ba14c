import { dockerSources, heredocDelimiter, type Step, type TextValue } from "@strake/core";
import { noDockerfileForm } from "../no-dockerfile-form.ts";
import type { Printer } from "../printer.ts";
import { escapeWord, jsonForm, oneLine } from "../quote.ts";

type Kind<K extends Step["kind"]> = Extract<Step, { kind: K }>;

export function printCopy(printer: Printer, node: Kind<"copy">): string {
  const { flag, prefix } = printer.from(node.from, node.site);
  const flags = flag === undefined ? [] : [`--from=${flag}`];
  if (node.parents) {
    printer.needed.use("parents");
    flags.push("--parents");
  }
  const exclude = [...node.exclude];
  let folder = false;
  const sources = node.sources.flatMap((source): string[] => {
    if (source.type === "content") return [];
    if (source.type === "path") return [prefix + pathText(printer, source.path, node.site)];
    const words = dockerSources(source.selection);
    if (words === undefined) {
      throw noDockerfileForm(
        node.site,
        `the patterns ${source.selection.include.join(", ")}`,
        "Use plain *, ? and **.",
      );
    }
    if (words.exclude.length > 0 && node.sources.length > 1) {
      throw noDockerfileForm(
        node.site,
        "several selections with patterns of their own in one COPY",
        "Copy each on its own.",
      );
    }
    exclude.push(...words.exclude);
    folder = true;
    return words.sources.map((path) => prefix + escapeWord(path));
  });
  const destination = pathText(printer, node.destination, node.site);
  return copyText(printer, "COPY", node, flags, exclude, [...sources, folder ? asFolder(destination) : destination]);
}

export function printAdd(printer: Printer, node: Kind<"add">): string {
  const { flag, prefix } = printer.from(node.from, node.site);
  if (flag !== undefined) throw noDockerfileForm(node.site, "ADD from another folder than the build file's");
  const flags: string[] = [];
  if (node.checksum !== undefined) {
    printer.needed.use("add-checksum");
    flags.push(`--checksum=${printer.text(node.checksum, node.site, escapeWord)}`);
  }
  if (node.keepGitDir) {
    printer.needed.use("add-git");
    flags.push("--keep-git-dir=true");
  }
  if (node.unpack !== undefined) {
    printer.needed.use("add-unpack");
    flags.push(`--unpack=${node.unpack}`);
  }
  const sources = node.sources.flatMap((source) => {
    if (source.type === "content") return [];
    if (source.type === "git") printer.needed.use("add-git");
    if (source.type === "path") return prefix + pathText(printer, source.path, node.site);
    return pathText(printer, source.url, node.site);
  });
  return copyText(printer, "ADD", node, flags, node.exclude, [
    ...sources,
    pathText(printer, node.destination, node.site),
  ]);
}

/** Prints a file whose content stands in the definition as a heredoc, of which nothing expands. */
export function printWrite(printer: Printer, node: Kind<"write">): string {
  if (node.content instanceof Uint8Array) {
    throw noDockerfileForm(node.site, "a file of bytes", "Keep it as a file beside the build file, and copy that.");
  }
  const content = printer.literal(node.content, node.site, "a file's content");
  const delimiter = heredocDelimiter(content);
  const heredoc = heredocText(printer, node, delimiter, content);
  const flags = ownerFlags(printer, node);
  const path = pathText(printer, node.path, node.site);
  if (!isPlain(path)) throw besideHeredoc(node.site);
  return `COPY ${[...flags, `<<"${delimiter}"`, path].join(" ")}\n${heredoc}`;
}

/** The lines of a heredoc with the one that ends it. */
function heredocText(printer: Printer, node: Pick<Step, "site">, delimiter: string, content: string): string {
  if ((content !== "" && !content.endsWith("\n")) || /[\r\0]/.test(content)) {
    throw noDockerfileForm(
      node.site,
      content === "" || content.endsWith("\n")
        ? "a carriage return or a zero byte in a file"
        : "a file that does not end in a line break",
      "End the content with \\n, or keep it as a file beside the build file.",
    );
  }
  if (content.split("\n").includes(delimiter)) {
    throw noDockerfileForm(node.site, `a line "${delimiter}" in a file of that name`, "Give the file another name.");
  }
  printer.needed.use("heredoc");
  return `${content}${delimiter}`;
}

function copyText(
  printer: Printer,
  keyword: "COPY" | "ADD",
  node: Kind<"copy"> | Kind<"add">,
  flags: readonly string[],
  exclude: readonly string[],
  paths: readonly string[],
): string {
  if (exclude.length > 0) printer.needed.use("exclude");
  const excluded = exclude.map((pattern) => `--exclude=${quoteFlag(oneLine(pattern, node.site, "a pattern"))}`);
  // Without JSON a path ends at a space, whatever escapes it.
  const plain = paths.every(isPlain) && !/^(\[|--)/.test(paths[0] ?? "");
  const heredocs = node.sources.filter((source) => source.type === "content");
  if (heredocs.length > 0) {
    if (!plain) throw besideHeredoc(node.site);
    const names = heredocs.map(({ name }) => `<<"${name}"`);
    const bodies = heredocs.map(({ name, content }) => {
      return `\n${heredocText(printer, node, name, printer.literal(content, node.site, "a file's content"))}`;
    });
    const words = [...flags, ...ownerFlags(printer, node), ...excluded, ...names, ...paths];
    return `${keyword} ${words.join(" ")}${bodies.join("")}`;
  }
  const words = plain
    ? paths.join(" ")
    : jsonForm(paths.map((path) => path.replaceAll("\\ ", " ").replaceAll("\\\t", "\t")));
  return [keyword, ...flags, ...ownerFlags(printer, node), ...excluded, words].join(" ");
}

function ownerFlags(
  printer: Printer,
  node: {
    readonly chown?: TextValue;
    readonly chmod?: TextValue;
    readonly link?: boolean;
    readonly site: Step["site"];
  },
): string[] {
  const flags: string[] = [];
  if (node.link) {
    printer.needed.use("link");
    flags.push("--link");
  }
  if (node.chown !== undefined) flags.push(`--chown=${printer.text(node.chown, node.site, escapeWord)}`);
  if (node.chmod !== undefined) {
    const mode = printer.text(node.chmod, node.site, escapeWord);
    if (!/^[0-7]+$/.test(mode)) printer.needed.use("symbolic-chmod");
    flags.push(`--chmod=${mode}`);
  }
  return flags;
}

/** Whether a path means itself without JSON. */
function isPlain(path: string): boolean {
  return path !== "" && !/[\s"'\\]/.test(path.replaceAll("\\$", ""));
}

function besideHeredoc(site: Step["site"]): Error {
  return noDockerfileForm(site, "a path with blanks or quotes beside a heredoc");
}

function pathText(printer: Printer, path: TextValue, site: Step["site"]): string {
  return printer.text(path, site, (literal) => escapeWord(oneLine(literal, site, "a path")));
}

function asFolder(destination: string): string {
  return /(^|\/)\.{0,2}$/.test(destination) ? destination : `${destination}/`;
}

function quoteFlag(pattern: string): string {
  return /[\s"'\\$]/.test(pattern) ? `"${pattern.replace(/[\\"$]/g, "\\$&")}"` : pattern;
}
