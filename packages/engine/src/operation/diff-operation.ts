import { type DiffOperation, digestOf, type OperationId } from "@strake/core";
import { comparePaths, type Entry, type FileTree, whiteoutPath } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import { layersOf, SolvedLayers } from "../solve/solved.ts";
import { recipeLayer } from "./recipe-layer.ts";

/** Makes one layer of what the upper file system has that the lower has not; what is gone becomes whiteouts. */
export async function solveDiff(
  context: SolveContext,
  id: OperationId,
  operation: DiffOperation,
): Promise<SolvedLayers> {
  const lower = layersOf(await context.solve(operation.lower));
  const upper = layersOf(await context.solve(operation.upper));
  const statement = { op: "diff", epoch: context.plan.image.epoch };
  const key = digestOf({ version: context.plan.version, ...statement, lower: lower.keys, upper: upper.keys });
  const layer = recipeLayer(
    context,
    key,
    async () => {
      const [below, above] = await Promise.all([lower.tree({ contents: true }), upper.tree({ contents: true })]);
      return differences(below, above, "");
    },
    context.noCache(id),
  );
  const inputs = [operation.lower, operation.upper].filter((input) => input !== null);
  context.report(id, {
    key,
    cached: !context.noCache(id) && context.store.actions.get(key) !== undefined,
    parts: { statement, base: [...lower.keys, ...upper.keys], inputs, manifests: [] },
  });
  return new SolvedLayers([layer]);
}

function differences(lower: FileTree, upper: FileTree, folder: string): Entry[] {
  const names = [...new Set([...lower.children(folder), ...upper.children(folder)])].sort(comparePaths);
  return names.flatMap((name) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    const before = lower.get(path);
    const after = upper.get(path);
    if (after === undefined)
      return [{ path: whiteoutPath(path), type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0 }];
    const below =
      after.type === "directory" ? differences(before?.type === "directory" ? lower : nothing, upper, path) : [];
    return before !== undefined && sameEntry(before, after)
      ? withParents(below, after)
      : [{ ...after, mtime: 0 }, ...below];
  });
}

/** A folder that only holds differences is in the layer too, so that its mode and owner are known there. */
function withParents(below: Entry[], folder: Entry): Entry[] {
  return below.length === 0 ? [] : [{ ...folder, mtime: 0 }, ...below];
}

const nothing: FileTree = { get: () => undefined, children: () => [] };

function sameEntry(left: Entry, right: Entry): boolean {
  return describe(left) === describe(right);
}

function describe(entry: Entry): string {
  const { type, mode, uid, gid, size, linkname, device, digest, content } = entry;
  const where = content?.from === "file" ? `${content.path}@${content.offset}` : undefined;
  const xattrs = Object.entries(entry.xattrs ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString("base64"),
  ]);
  return JSON.stringify([
    type,
    mode,
    uid,
    gid,
    size,
    linkname,
    device,
    type === "file" ? (digest ?? where) : null,
    xattrs,
  ]);
}
