import { type AddNode, baseName, type CopyFrom, type CopyNode, cleanPath, type Definition } from "@strake/core";
import { foldStatements, type IgnoreRules, type ImageCheck, shownText, statements } from "./linted-images.ts";
import { shellText, withoutPrefix } from "./shell-commands.ts";

/** What copies take: ADD where COPY does, images that are not there, and files that are ignored. */
export const checkCopies: ImageCheck = (linted, report) => {
  for (const node of statements(linted)) {
    for (const from of outsideImages(node)) {
      // An image has a tag, a digest, or a path; anything else is most likely a stage that is not there.
      if (/[:@/]/.test(from)) continue;
      const what = linted.notation === "code" ? "the name of an image without a tag" : "no stage above";
      report("UndefinedCopySource", node, `${from} is ${what}`);
    }
    if (node.kind === "add" && isCopy(node)) {
      const source = node.sources[0]?.type === "path" ? shownText(node.sources[0].path) : "";
      const copy = linted.notation === "code" ? "copy()" : "COPY";
      report("AddInsteadOfCopy", node, `${linted.word(node)} of ${source} does what ${copy} does`);
    }
    if (node.kind !== "copy" && node.kind !== "add") continue;
    const destination = shownText(node.destination);
    if (node.sources.length > 1 && !/(?:^|\/)\.?$|\$/.test(destination)) {
      report("SeveralCopySources", node, `${destination} is one name, and there are ${node.sources.length} sources`);
    }
    const ignore = node.from.type === "context" ? linted.ignoreOf?.(node.from.root) : undefined;
    for (const path of ignore === undefined ? [] : ignoredPaths(node, ignore)) {
      const message = `Attempting to ${node.kind === "add" ? "Add" : "Copy"} file "${path}" that is excluded by .dockerignore`;
      report("CopyIgnoredFile", node, message);
    }
  }
};

function outsideImages(node: Definition): readonly string[] {
  const name = (from: CopyFrom | undefined) => (from?.type === "reference" ? [from.name] : []);
  if (node.kind === "copy") return name(node.from);
  if (node.kind !== "run") return [];
  return node.mounts.flatMap((mount) => (mount.type === "bind" || mount.type === "cache" ? name(mount.from) : []));
}

const archive = /\$|\.(?:tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|Z|lz|lzma)(?:\W|$)|[*?[]/i;

function isCopy({ sources, checksum, keepGitDir, unpack }: AddNode): boolean {
  if (checksum !== undefined || keepGitDir !== undefined || unpack !== undefined) return false;
  return sources.every((source) => source.type === "path" && !archive.test(shownText(source.path)));
}

/**
 * The sources of a copy that the context has not; as in BuildKit, none where some pattern takes files in again.
 *
 * Patterns count from the root and have no slash before them, so a path with one is found by few of them.
 */
function ignoredPaths(node: CopyNode | AddNode, ignore: IgnoreRules): readonly string[] {
  if (ignore.patterns.some((pattern) => pattern.startsWith("!"))) return [];
  const everything = ignore.patterns.some((pattern) => ["*", "**", "**/*"].includes(pattern));
  return sourcePaths(node)
    .map(cleanPath)
    .filter((path) => !path.includes("$"))
    .filter((path) => (path === "." ? everything : (everything && path.startsWith("/")) || ignore.ignores(path)));
}

function sourcePaths({ sources }: CopyNode | AddNode): readonly string[] {
  return (sources as readonly (CopyNode | AddNode)["sources"][number][]).flatMap((source) => {
    if (source.type === "path") return [shownText(source.path)];
    if (source.type !== "files") return [];
    const { base, include } = source.selection;
    const plain = include.filter((pattern) => !/[*?[\]{}()!]/.test(pattern));
    return plain.length < include.length ? [base] : plain;
  });
}

const unpackable = /\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz)$/;

/** Archives of the build's folder that are copied, and unpacked by a command: by their names. */
export const checkArchives: ImageCheck = (linted, report) => {
  foldStatements<ReadonlyMap<string, CopyNode>>(linted, new Map(), (copied, node) => {
    if (node.kind === "copy" && node.from.type === "context") {
      const archives = sourcePaths(node).filter((path) => unpackable.test(path));
      return new Map([...copied, ...archives.map((path) => [baseName(path), node] as const)]);
    }
    if (node.kind !== "run" || copied.size === 0) return copied;
    const commands = shellText(node.command)?.pipes.flat().map(withoutPrefix) ?? [];
    const unpacking = commands.filter(
      ([program, ...words]) => program === "tar" && words.some((word) => /^-?\w*x|^--extract/.test(word)),
    );
    for (const [name, copy] of copied) {
      if (!unpacking.some((words) => words.some((word) => baseName(word) === name))) continue;
      report("CopiedArchive", copy, `${name} is copied, and unpacked by a command`);
    }
    return copied;
  });
};
