import { type CopyAction, type CopySelection, nearest, type Rules, StrakeError } from "@strake/core";
import { hasWildcard, ignoreMatcher, parentsPattern, pathMatcher, selectFiles } from "@strake/core/context";
import { type Entry, type FileTree, resolvePath } from "@strake/oci";
import { parent } from "./layer-builder.ts";

/** One thing to copy: an entry of the source, and where it goes. */
export interface Picked<E extends Entry = Entry> {
  readonly entry: E;
  /** Relative to the destination folder; `""` is the destination itself. */
  readonly to: string;
}

/** What one source of a copy comes to. */
export interface Selection<E extends Entry = Entry> {
  /** The source is a folder's content: the destination is a folder, whether it ends in a slash or not. */
  readonly folder: boolean;
  /** Folders before their content. */
  readonly picked: readonly Picked<E>[];
}

/** What a copy takes its files from. */
export interface CopyOrigin<E extends Entry = Entry> {
  readonly tree: FileTree<E>;
  /** What the tree is called in messages: `the build file's folder`. */
  readonly called: string;
  /** Whether it is a folder of this machine, which nothing may lead out of. */
  readonly local: boolean;
  /** Called with a folder that is walked through. */
  readonly expect?: (path: string) => void;
  /** Called with each file as it is found; the search waits for what it returns. */
  readonly see?: (entry: E) => Promise<void> | undefined;
}

/**
 * Finds the files that a copy means.
 *
 * @returns one selection for each path that a source matches, in order
 * @throws StrakeError `missing-source`, `link-leaves-root` and the like
 */
export async function selectSources<E extends Entry>(
  action: CopyAction,
  origin: CopyOrigin<E>,
): Promise<readonly Selection<E>[]> {
  const excluded = action.exclude === undefined ? undefined : ignoreMatcher(action.exclude);
  const keep = (path: string) => excluded === undefined || !excluded.ignores(path);
  const selections: Selection<E>[] = [];
  for (const source of action.sources) {
    if ("include" in source) selections.push(await selectByGlobs(source, origin, keep));
    else if (action.parents) selections.push(await selectWithParents(source.path, origin, keep, action.rules));
    else {
      for (const path of matchingPaths(source.path, origin, action.rules)) {
        selections.push(await selectPath(path, origin, keep, action.rules));
      }
    }
  }
  return selections;
}

type Keep = (path: string) => boolean;

/** All that looking for a path needs. */
type Place = Pick<CopyOrigin, "tree" | "called" | "local">;

async function selectByGlobs<E extends Entry>(
  selection: Exclude<CopySelection, { path: string }>,
  origin: CopyOrigin<E>,
  keep: Keep,
): Promise<Selection<E>> {
  const below = selection.base === "." ? "" : selection.base;
  const picked: Picked<E>[] = [];
  const made = new Set<string>([""]);
  for (const path of await selectFiles(origin.tree, selection)) {
    const to = relative(below, path);
    if (!keep(to)) continue;
    pickFolders(origin.tree, below, to, made, picked);
    const entry = origin.tree.get(path) as E;
    if (entry.type !== "directory") picked.push({ entry, to });
    else if (!made.has(to)) picked.push({ entry, to });
    if (entry.type === "directory") made.add(to);
  }
  return { folder: true, picked };
}

/** Picks the folders that a file stands in, each once. */
function pickFolders<E extends Entry>(
  tree: FileTree<E>,
  base: string,
  to: string,
  made: Set<string>,
  picked: Picked<E>[],
): void {
  const above = parent(to);
  if (made.has(above)) return;
  pickFolders(tree, base, above, made, picked);
  made.add(above);
  picked.push({ entry: tree.get(join(base, above)) as E, to: above });
}

async function selectPath<E extends Entry>(
  path: string,
  origin: CopyOrigin<E>,
  keep: Keep,
  rules: Rules,
): Promise<Selection<E>> {
  const entry = entryAt(path, origin, rules);
  if (entry.type !== "directory") {
    const name = path.slice(path.lastIndexOf("/") + 1);
    // As in BuildKit, what is left out is left out of folders; a file that a source names is copied.
    return { folder: false, picked: [{ entry, to: name }] };
  }
  const picked: Picked<E>[] = [];
  origin.expect?.(entry.path);
  await walk(origin, entry.path, "", keep, picked);
  return { folder: true, picked };
}

/** Picks all below a folder; a folder that is left out is still made where something below it is kept. */
async function walk<E extends Entry>(
  origin: CopyOrigin<E>,
  folder: string,
  to: string,
  keep: Keep,
  picked: Picked<E>[],
): Promise<void> {
  for (const name of origin.tree.children(folder)) {
    const entry = origin.tree.get(join(folder, name)) as E;
    const path = join(to, name);
    const kept = keep(path);
    if (entry.type !== "directory") {
      if (!kept) continue;
      picked.push({ entry, to: path });
      const turn = origin.see?.(entry);
      if (turn !== undefined) await turn;
      continue;
    }
    const before = picked.length;
    await walk(origin, entry.path, path, keep, picked);
    if (kept || picked.length > before) picked.splice(before, 0, { entry, to: path });
  }
}

async function selectWithParents<E extends Entry>(
  source: string,
  origin: CopyOrigin<E>,
  keep: Keep,
  rules: Rules,
): Promise<Selection<E>> {
  const { base, pattern } = parentsPattern(source);
  const picked: Picked<E>[] = [];
  const made = new Set<string>([""]);
  let found = false;
  for (const root of base === "" ? [""] : matchingPaths(base, origin, rules)) {
    const wild = hasWildcard(pattern);
    const matcher = ignoreMatcher([pattern]);
    const below: Picked<E>[] = [];
    if (wild) await walk(origin, root, "", (path) => matcher.ignores(path) && keep(path), below);
    else below.push(...(await pickTree(origin, root, pattern, keep, rules)));
    for (const item of below) {
      if (item.entry.type === "directory" && made.has(item.to)) continue;
      pickFolders(origin.tree, root, item.to, made, picked);
      if (item.entry.type === "directory") made.add(item.to);
      picked.push(item);
      found = true;
    }
    if (!wild) found = true;
  }
  if (!found && !hasWildcard(source)) throw missing(source, origin);
  return { folder: true, picked };
}

/** Picks one path and all that is below it. */
async function pickTree<E extends Entry>(
  origin: CopyOrigin<E>,
  root: string,
  path: string,
  keep: Keep,
  rules: Rules,
): Promise<Picked<E>[]> {
  const entry = entryAt(join(root, path), origin, rules);
  const picked: Picked<E>[] = keep(path) ? [{ entry, to: path }] : [];
  if (entry.type === "directory") await walk(origin, entry.path, path, keep, picked);
  return picked;
}

/** The paths that a source with wildcards matches, in tree order; one without is itself. */
function matchingPaths(source: string, origin: Place, rules: Rules): readonly string[] {
  if (!hasWildcard(source)) return [source === "." ? "" : withoutEscapes(source)];
  let found: string[] = [""];
  for (const part of source.split("/")) {
    const matches = pathMatcher(part);
    found = found.flatMap((folder) => {
      const at = entryAt(folder, origin, rules);
      return origin.tree
        .children(at.path)
        .filter((name) => matches(name))
        .map((name) => join(folder, name));
    });
  }
  return found;
}

function withoutEscapes(path: string): string {
  return path.replace(/\\(.)/g, "$1");
}

/**
 * The entry of a source path, with links followed inside the root.
 *
 * Docker takes a link that points outside for one that starts at the root; the strict rules refuse it.
 */
function entryAt<E extends Entry>(path: string, origin: CopyOrigin<E>, rules: Rules): E {
  if (rules === "strict") refuseLeavingLinks(path, origin);
  const { entry } = resolvePath(origin.tree, path, { followLast: true });
  if (entry === undefined) throw missing(path, origin);
  return entry;
}

function refuseLeavingLinks(path: string, origin: Place): void {
  if (!origin.local) return;
  let at = "";
  for (const name of path.split("/")) {
    at = join(at, name);
    const entry = origin.tree.get(at);
    if (entry?.type !== "symlink") continue;
    const target = entry.linkname ?? "";
    const depth = `${parent(at)}/${target}`.split("/").reduce((sum, part) => {
      if (sum < 0 || part === "" || part === ".") return sum;
      return part === ".." ? sum - 1 : sum + 1;
    }, 0);
    if (!target.startsWith("/") && depth >= 0) continue;
    throw new StrakeError({
      code: "link-leaves-root",
      message: `the source "${path}" goes through the symlink ${at}, which points to ${target}, outside ${origin.called}`,
      notes: ['Copy from where it points to with { from: local("…") }.'],
    });
  }
}

function missing(path: string, origin: Place): StrakeError {
  const folder = nearestFolder(path, origin.tree);
  const names = origin.tree.children(folder);
  // The first name of the path that is not there is the one that is wrong.
  const wrong = (folder === "" ? path : path.slice(folder.length + 1)).split("/")[0] as string;
  const near = nearest(wrong, names);
  const where = folder === "" ? origin.called : `${folder}/ in ${origin.called}`;
  const notes = [
    near !== undefined ? `Did you mean "${join(folder, near)}"?` : `There ${listNames(names)} in ${where}.`,
  ];
  if (origin.local) notes.push("What .dockerignore names does not exist for a build.");
  return new StrakeError({ code: "missing-source", message: `the source "${path}" is not in ${origin.called}`, notes });
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return "is nothing";
  return `${names.length === 1 ? "is" : "are"} ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`;
}

function nearestFolder(path: string, tree: FileTree): string {
  let folder = parent(path);
  while (folder !== "" && tree.get(folder)?.type !== "directory") folder = parent(folder);
  return folder;
}

function relative(base: string, path: string): string {
  return base === "" ? path : path.slice(base.length + 1);
}

function join(folder: string, name: string): string {
  if (name === "") return folder;
  return folder === "" ? name : `${folder}/${name}`;
}
