import type { Dirent } from "node:fs";
import type { FileTree } from "@strake/oci";
import { generate, type Task } from "fast-glob/out/managers/tasks.js";
import provider from "fast-glob/out/providers/provider.js";
import settings from "fast-glob/out/settings.js";
import { cleanPath } from "./parents-pattern.ts";

// fast-glob as a whole can be run on a tree, through its `fs` option, and gives the same paths (a test compares them).
// Its walk makes entries of paths and paths of entries, though, and costs two to three times as much as the matching.
// So the parts of it that give patterns their meaning are used as they are, and the walk is the tree's own. They are no
// part of its documented interface; the version is pinned.

const Provider = defaultOf(provider);
const Settings = defaultOf(settings);
type Settings = InstanceType<typeof Settings>;

/** The patterns by the folder they begin in, with braces expanded. */
export function globTasks(include: readonly string[], exclude: readonly string[]): Task[] {
  return generate([...include], globSettings(exclude));
}

/** Lists what the patterns match in a tree and is not a directory; a path may come more than once. */
export function globWalk(include: readonly string[], exclude: readonly string[], tree: FileTree): string[] {
  const walk = new TreeProvider(globSettings(exclude), tree);
  return globTasks(include, exclude).flatMap((task) => walk.read(task));
}

class TreeProvider extends Provider<string[]> {
  readonly #tree: FileTree;

  constructor(options: Settings, tree: FileTree) {
    super(options);
    this.#tree = tree;
  }

  read(task: Task): string[] {
    const { basePath = "", entryFilter, deepFilter } = this._getReaderOptions(task);
    const paths: string[] = [];

    const visit = (path: string, name: string): void => {
      const type = this.#tree.get(path)?.type;
      if (type === undefined) return;
      if (type !== "directory") {
        if (entryFilter({ name, path, dirent: leaf })) paths.push(path);
      } else if (task.dynamic && deepFilter({ name, path, dirent: directory })) {
        descend(path);
      }
    };
    const descend = (path: string): void => {
      for (const name of this.#tree.children(path)) visit(path === "" ? name : `${path}/${name}`, name);
    };

    if (task.dynamic) descend(cleanPath(basePath));
    else for (const path of task.positive) visit(cleanPath(path), path);
    return paths;
  }
}

/** What the filters of fast-glob ask of an entry; symlinks, pipes and devices count as files. */
const leaf = { isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false } as Dirent;
const directory = { isFile: () => false, isDirectory: () => true, isSymbolicLink: () => false } as Dirent;

function globSettings(exclude: readonly string[]): Settings {
  return new Settings({ dot: true, followSymbolicLinks: false, ignore: [...exclude] });
}

/** The default export of a CommonJS module: Node hands out the exports that it is in, some loaders the thing itself. */
function defaultOf<T>(module: { readonly default: T }): T {
  return module.default ?? (module as unknown as T);
}
