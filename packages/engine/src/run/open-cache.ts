import { chmodSync, chownSync } from "node:fs";
import { digestOf, type RunMount } from "@strake/core";
import { type Entry, layerTree, resolvePath } from "@strake/oci";
import type { SandboxMount } from "../sandbox/sandbox.ts";
import { writeSnapshot } from "../snapshot/write-snapshot.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { CacheWish } from "../store/cache-mounts.ts";
import type { MountFiles } from "./mount-files.ts";

/** Opens the folder of a cache mount; one that is new begins with the files that the mount names. */
export async function openCache(
  context: SolveContext,
  mount: Extract<RunMount, { type: "cache" }>,
  files: MountFiles | undefined,
): Promise<{ readonly mount: SandboxMount; readonly close: () => void }> {
  const { id, sharing, mode, uid, gid, target } = mount;
  const { signal } = context;
  const seed = files === undefined ? {} : { seed: seedOf(context, files, mount.source !== "/") };
  const cache = await context.commands.caches.open({ id, sharing, mode, uid, gid, signal, ...seed });
  return {
    mount: { type: "bind", source: cache.folder, target, readonly: mount.readonly },
    close: () => cache.release(),
  };
}

/** @param own the cache has the owner and the mode of the folder that it begins with, as in BuildKit */
function seedOf(context: SolveContext, files: MountFiles, own: boolean): NonNullable<CacheWish["seed"]> {
  const { keys, manifests, path } = files;
  return {
    key: digestOf({ keys, manifests, path }),
    fill: async (folder) => {
      const tree = await files.layers.tree({ contents: true });
      const { path: root, entry } = resolvePath(tree, path.slice(1), { followLast: true });
      const entries = layerTree([await filesBelow(files, root)]).entries();
      const seeded = layerTree([entries]);
      const { space } = context.commands.snapshots();
      writeSnapshot(folder, entries, { tree: seeded, below: layerTree([]), space, epoch: undefined });
      if (!own || entry === undefined) return;
      chownSync(folder, entry.uid, entry.gid);
      chmodSync(folder, entry.mode);
    },
  };
}

/** Everything below a folder of the files, with paths that begin there. */
async function filesBelow({ layers }: MountFiles, root: string): Promise<readonly Entry[]> {
  const tree = await layers.tree({ contents: true });
  const below: Entry[] = [];
  const visit = (path: string) => {
    for (const name of tree.children(path)) {
      const entry = tree.get(path === "" ? name : `${path}/${name}`) as Entry;
      below.push({ ...entry, path: root === "" ? entry.path : entry.path.slice(root.length + 1) });
      visit(entry.path);
    }
  };
  visit(root);
  return below;
}
