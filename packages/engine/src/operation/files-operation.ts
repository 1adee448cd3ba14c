import {
  type CopyAction,
  digestOf,
  type FileAction,
  type FilesOperation,
  fromBase64,
  type OperationId,
  StrakeError,
} from "@strake/core";
import { type ContentManifest, changeMode, type LocalEntry, manifestDigest, parseMode } from "@strake/core/context";
import type { Digest, Entry } from "@strake/oci";
import { copiedMode, copyFiles } from "../files/copy-files.ts";
import type { OpenFolder } from "../files/folders.ts";
import { LayerBuilder, parent, rootFolder } from "../files/layer-builder.ts";
import { findOwner } from "../files/owner.ts";
import { type Selection, selectSources } from "../files/select-sources.ts";
import { unpackArchives } from "../files/unpack-archives.ts";
import { atStep } from "../solve/at-step.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import { emptyFileSystem, layersOf, type SolvedFolder, type SolvedLayer, SolvedLayers } from "../solve/solved.ts";
import { recipeLayer } from "./recipe-layer.ts";

/** An action with the files it was found to mean. */
interface SelectedAction {
  readonly action: FileAction;
  readonly selections: readonly Selection[];
  /** Where the files are in a folder of this machine. */
  readonly folder?: FolderFiles;
}

/** Files of a folder of this machine. */
interface FolderFiles {
  readonly entries: readonly LocalEntry[];
  readonly open: OpenFolder;
  /** What is known of their manifest without reading them. */
  readonly known: ReturnType<OpenFolder["manifest"]>;
  /** Some are new or changed, so they have to be read before anything is known. */
  readonly isNew: boolean;
}

/** What an action reads; the text is undefined where the store has it. */
interface Manifest {
  readonly digest: Digest;
  readonly text: () => string | undefined;
}

/** What the actions of a step read; the manifests may still be made. */
export interface Sources {
  readonly selected: readonly SelectedAction[];
  readonly finding: Promise<readonly (Manifest | undefined)[]>;
}

type Digests = ReadonlyMap<string, Digest>;

/** A layer of files, and what its key is made of. */
export interface FilesLayer {
  readonly layer: SolvedLayer;
  readonly statement: unknown;
  readonly manifests: readonly Digest[];
}

/**
 * Makes a layer of copies, written files and folders.
 *
 * Its key is over what the actions say, the layers below, and the manifests of the files they read; the layer itself is
 * put together only when somebody wants it.
 *
 * @param ahead what `findAhead` found
 */
export async function solveFiles(
  context: SolveContext,
  id: OperationId,
  operation: FilesOperation,
  ahead?: Promise<Sources>,
): Promise<SolvedLayers> {
  const input = operation.input === null ? emptyFileSystem : layersOf(await context.solve(operation.input));
  const { layer, statement, manifests } = await filesLayer(context, id, input, operation.actions, ahead);
  const inputs = operation.actions.flatMap((action) =>
    action.action === "copy" && action.from !== null ? [action.from] : [],
  );
  context.report(id, {
    key: layer.key,
    cached: !context.noCache(id) && context.store.actions.get(layer.key) !== undefined,
    parts: {
      statement,
      base: input.keys,
      inputs: operation.input === null ? inputs : [operation.input, ...inputs],
      manifests,
    },
  });
  return new SolvedLayers([...input.layers, layer]);
}

/**
 * Finds the layer that some actions make on a file system.
 *
 * @param id the operation whose step a mistake is shown at
 * @param ahead what `findAhead` found
 */
export async function filesLayer(
  context: SolveContext,
  id: OperationId,
  input: SolvedLayers,
  actions: readonly FileAction[],
  ahead?: Promise<Sources>,
): Promise<FilesLayer> {
  const { selected, finding } = await (ahead ?? findSources(context, actions));
  // While threads hash what is new, the layer is put together, which is going to be wanted.
  const early = isWorthBeingEarly(selected) ? build(context, input, selected) : undefined;
  // Whoever reads the layer hears of it.
  early?.catch(() => {});
  const found = (await finding).filter((manifest) => manifest !== undefined);
  const statement = {
    op: "files",
    epoch: context.plan.image.epoch,
    actions: actions.map((action) => (action.action === "copy" ? { ...action, from: null } : action)),
  };
  const manifests = found.map(({ digest }) => digest);
  const key = digestOf({ version: context.plan.version, statement, base: input.keys, manifests });
  for (const { digest, text } of found) context.noteManifest(digest, text);
  const isKept = !context.noCache(id) && context.store.actions.get(key) !== undefined;
  const make = () => early ?? build(context, input, selected);
  // Not only when the bytes are read: that the image does not know an owner is this step's mistake.
  const made = !context.readOnly && !isKept && mayLackOwner(actions) ? await make() : undefined;
  const layer = recipeLayer(
    context,
    key,
    async () => {
      try {
        return made ?? (await make());
      } catch (error) {
        // Nobody knows any more which step it was when the bytes are read.
        throw atStep(error, context.step(id));
      }
    },
    context.noCache(id),
    (entries) => withDigests(entries, selected),
  );
  return { layer, statement, manifests };
}

/** Whether some action names an owner whose number only the image knows, and who has to be there. */
function mayLackOwner(actions: readonly FileAction[]): boolean {
  return actions.some((action) => {
    const isForgiven = action.action !== "makeFile" && action.rules === "docker";
    return action.owner !== undefined && !isNumeric(action.owner) && !isForgiven;
  });
}

/**
 * Begins to find and hash what actions read, where that is folders of this machine alone: they are there whatever the
 * steps before come to, so the files of all steps are hashed at the same time.
 */
export function findAhead(context: SolveContext, actions: readonly FileAction[]): Promise<Sources> | undefined {
  const isThere = actions.every((action) => {
    if (action.action !== "copy") return true;
    const from = action.from === null ? undefined : context.plan.operations[action.from];
    return from?.op === "source" && from.source.type === "local";
  });
  const ahead = isThere ? findSources(context, actions) : undefined;
  // What is wrong with an earlier step is heard of first.
  ahead?.catch(() => {});
  return ahead;
}

async function findSources(context: SolveContext, actions: readonly FileAction[]): Promise<Sources> {
  const selected = await Promise.all(actions.map((action) => select(context, action)));
  const finding = Promise.all(selected.map(findManifest));
  // Whoever waits for it sees the error; until then it must not count as unhandled.
  finding.catch(() => {});
  return { selected, finding };
}

async function select(context: SolveContext, action: FileAction): Promise<SelectedAction> {
  if (action.action !== "copy") return { action, selections: [] };
  const from = await context.solve(action.from);
  if (from.kind !== "folder") {
    // Only the entries that are copied need content, but where they are is not known before they are found.
    const tree = await from.tree({ contents: true });
    return { action, selections: await selectSources(action, { tree, called: "the image", local: false }) };
  }
  const open = context.folders.open(from);
  const selections = await selectSources(action, {
    tree: open.tree,
    called: calledIn(action, from),
    local: true,
    expect: open.expect,
    see: open.see,
  });
  const entries = selections.flatMap((selection) => selection.picked.map(({ entry }) => entry));
  const known = open.manifest(entries, digestOf({ ...action, from: null }));
  const isNew = known.digest === undefined || !context.store.hasManifest(known.digest);
  return { action, selections, folder: { entries, open, known, isNew } };
}

/** What messages call a folder: in its own words of a Dockerfile, and another than the build file's by its path. */
function calledIn({ rules }: Extract<FileAction, { action: "copy" }>, { name }: SolvedFolder): string {
  if (name !== ".") return `the folder ${name}`;
  return rules === "docker" ? "the build context" : "the build file's folder";
}

async function findManifest({ action, selections, folder }: SelectedAction): Promise<Manifest | undefined> {
  if (action.action !== "copy") return undefined;
  if (folder === undefined) return manifestOf(action, selections, new Map());
  const { known, isNew, open, entries } = folder;
  // The files were not read, so they are not looked at again either, unless the layer is wanted.
  if (known.digest !== undefined && !isNew) return { digest: known.digest, text: () => undefined };
  const manifest = manifestOf(action, selections, await open.digests(entries));
  known.keep(manifest.digest);
  return manifest;
}

/** Not where archives are unpacked: that takes as long as hashing, and the layer may be known after all. */
function isWorthBeingEarly(selected: readonly SelectedAction[]): boolean {
  return (
    selected.some(({ folder }) => folder?.isNew === true) &&
    !selected.some(({ action }) => action.action === "copy" && action.unpack)
  );
}

/** Adds the digests of the files that come from folders of this machine. */
async function withDigests(entries: readonly Entry[], selected: readonly SelectedAction[]): Promise<readonly Entry[]> {
  const byHostPath = new Map<string, Digest>();
  for (const { folder } of selected) {
    if (folder === undefined) continue;
    const digests = await folder.open.digests(folder.entries);
    for (const { path, content } of folder.entries) {
      const digest = digests.get(path);
      if (digest !== undefined && content?.from === "file") byHostPath.set(content.path, digest);
    }
  }
  return entries.map((entry) => {
    if (entry.digest !== undefined || entry.content?.from !== "file" || entry.content.offset > 0) return entry;
    const digest = byHostPath.get(entry.content.path);
    return digest === undefined ? entry : { ...entry, digest };
  });
}

/** What a copy reads, as it will be in the layer: the part of its key that its files decide. */
function manifestOf(action: CopyAction, selections: readonly Selection[], digests: Digests): Manifest {
  const entries = selections.flatMap((selection) =>
    selection.picked.map(({ entry, to }) => ({
      path: to,
      type: entry.type,
      mode: copiedMode(action, entry),
      uid: action.keepOwner ? entry.uid : 0,
      gid: action.keepOwner ? entry.gid : 0,
      size: entry.size,
      ...(entry.type === "file" ? { digest: digests.get(entry.path) ?? contentKey(entry) } : {}),
      ...linkOf(action, entry),
    })),
  );
  const manifest: ContentManifest = { entries };
  return { digest: manifestDigest(manifest), text: () => JSON.stringify(manifest) };
}

/** What an entry is a link to; files of an image that are one file stay one, so this is part of the key. */
function linkOf(action: CopyAction, { linkname, linkedTo }: Entry): { readonly linkname?: string } {
  const target = linkname ?? (action.keepOwner ? linkedTo : undefined);
  return target === undefined ? {} : { linkname: target };
}

/** What the content of a file is known by: its digest, or its place in a layer whose bytes are known by theirs. */
function contentKey(entry: Entry): Digest {
  if (entry.digest !== undefined) return entry.digest;
  if (entry.content?.from === "bytes") return digestOf({ base64: Buffer.from(entry.content.bytes).toString("base64") });
  if (entry.content === undefined) return digestOf({ size: entry.size });
  const layer = entry.content.path.slice(entry.content.path.lastIndexOf("/") + 1);
  const offset = entry.content.from === "file" ? entry.content.offset : (entry.content.segments[0]?.offset ?? 0);
  // Only stored layers are called by their digest; a source file at its place says nothing of its content.
  if (offset === 0) throw new Error(`the content of ${entry.path} is known by no digest`);
  return digestOf({ layer, offset, size: entry.size });
}

async function build(
  context: SolveContext,
  input: SolvedLayers,
  selected: readonly SelectedAction[],
): Promise<readonly Entry[]> {
  const names = selected.some(({ action }) => action.owner !== undefined && !isNumeric(action.owner));
  const builder = new LayerBuilder(await input.tree({ contents: names }));
  for (const { action, selections, folder } of selected) {
    folder?.open.use(folder.entries);
    switch (action.action) {
      case "copy": {
        const plain = action.unpack ? await unpackArchives(context, builder, action, selections) : selections;
        copyFiles(builder, action, plain);
        break;
      }
      case "makeFile":
        makeFile(builder, action);
        break;
      case "makeDirectory": {
        const owner =
          action.owner === undefined ? rootFolder : findOwner(builder, action.owner, action.rules ?? "strict");
        builder.makeFolder(action.path.slice(1), { ...owner, mode: action.mode });
        break;
      }
    }
  }
  return builder.entries();
}

function isNumeric(owner: { readonly user: string; readonly group?: string }): boolean {
  return /^\d+$/.test(owner.user) && /^\d*$/.test(owner.group ?? "");
}

function makeFile(builder: LayerBuilder, action: Extract<FileAction, { action: "makeFile" }>): void {
  const owner = action.owner === undefined ? { uid: 0, gid: 0 } : findOwner(builder, action.owner, "strict");
  const path = builder.resolve(action.path.slice(1));
  if (builder.get(path)?.type === "directory") {
    throw new StrakeError({
      code: "is-a-folder",
      message: `cannot write ${action.path}: the image has a folder there`,
    });
  }
  builder.makeFolder(parent(path), { ...rootFolder, ...owner });
  const bytes = "text" in action.content ? Buffer.from(action.content.text) : fromBase64(action.content.base64);
  builder.put({
    path,
    type: "file",
    mode: changeMode(0o644, parseMode(action.mode), false),
    ...owner,
    size: bytes.length,
    mtime: 0,
    content: { from: "bytes", bytes },
  });
}
