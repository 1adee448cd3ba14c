import { comparePaths, type Entry, type FileTree } from "@strake/oci";
import type { FilesSelection } from "../graph/definition.ts";
import { StrakeError } from "../strake-error.ts";
import { globFileSystem } from "./glob-file-system.ts";

/**
 * Finds the files that a `files()` selection means, in tree order.
 *
 * fast-glob itself walks the tree, so its patterns mean here what they mean everywhere; names with a leading dot count,
 * case matters, and links are not followed. A pattern that ends in `**` means folders too, so that empty ones are kept.
 * The commonest selection, all of a folder, needs no globs and is walked without them.
 *
 * @throws StrakeError `missing-source` where nothing matches
 */
export async function selectFiles(tree: FileTree, selection: FilesSelection): Promise<readonly string[]> {
  const folder = wholeFolder(selection);
  const chosen = folder === undefined ? await globbed(tree, selection) : walked(tree, folder, []);
  if (chosen.length > 0) return chosen;
  throw new StrakeError({
    code: "missing-source",
    message: `no file matches ${selection.include.map((pattern) => `"${pattern}"`).join(", ")}`,
    notes: ["What .dockerignore names does not exist for a build."],
  });
}

/** The folder that a selection takes all of, if it is such a one. */
function wholeFolder(selection: FilesSelection): string | undefined {
  const [pattern] = selection.include;
  if (selection.include.length !== 1 || selection.exclude.length > 0 || pattern === undefined) return undefined;
  const found = /^(?:\.\/)?((?:[\w@.-]+\/)*)\*\*(?:\/\*)?$/.exec(pattern);
  return found === null || found[1]?.split("/").includes(".") ? undefined : found[1]?.slice(0, -1);
}

function walked(tree: FileTree, folder: string, found: string[]): string[] {
  for (const name of tree.children(folder)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    found.push(path);
    if ((tree.get(path) as Entry).type === "directory") walked(tree, path, found);
  }
  return found;
}

async function globbed(tree: FileTree, selection: FilesSelection): Promise<readonly string[]> {
  const { default: fastGlob } = await import("fast-glob");
  const found = fastGlob.sync([...selection.include], {
    ignore: [...selection.exclude],
    dot: true,
    onlyFiles: false,
    followSymbolicLinks: false,
    cwd: "/",
    fs: globFileSystem(tree),
  });
  const whole = selection.include.some((pattern) => /(^|\/)\*\*(\/\*)?$/.test(pattern));
  const chosen = whole ? found : found.filter((path) => tree.get(path)?.type !== "directory");
  return chosen.sort(comparePaths);
}
