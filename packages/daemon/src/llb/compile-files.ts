import {
  type CopyAction,
  type CopySelection,
  dockerSources,
  type FileAction,
  type FilesOperation,
  fromBase64,
  type OperationId,
  type Owner,
  StrakeError,
} from "@strake/core";
import { applyMode, hasWildcard } from "@strake/core/context";
import type * as pb from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import type { Init } from "../protobuf/message.ts";
import type { CompileContext } from "./compile-context.ts";
import type { LlbOutput } from "./llb-graph.ts";

type LlbAction = NonNullable<Init<pb.FileAction>["action"]>;

/** One part of a copy: where from, and which files of it. */
interface CopyPart {
  readonly input: LlbOutput | undefined;
  readonly src: string;
  readonly includePatterns: readonly string[];
  readonly requiredPaths: readonly string[];
  readonly exclude: readonly string[];
  /** The source is a path that may have wildcards and lead through links. */
  readonly isPath: boolean;
}

/** All files in layers that are made here have this time, as the engine's have. */
const timestamp = 0n;

/** Copies, written files and folders: one operation of LLB, which makes one layer. */
export function compileFiles(context: CompileContext, id: OperationId, operation: FilesOperation): LlbOutput {
  const base = context.output(operation.input);
  const inputs: LlbOutput[] = base === undefined ? [] : [base];
  const needs = new Set(["file.base"]);
  const actions: { readonly action: LlbAction; readonly secondary: number }[] = [];
  const place = (output: LlbOutput | undefined): number => {
    if (output === undefined) return -1;
    const known = inputs.findIndex(({ digest, index }) => digest === output.digest && index === output.index);
    return known === -1 ? inputs.push(output) - 1 : known;
  };
  const owner = (said: Owner | undefined) => ownerOf(said, base === undefined ? -1 : 0);
  for (const action of operation.actions) {
    switch (action.action) {
      case "copy":
        for (const part of copyParts(context, id, action)) {
          actions.push({ action: copyOf(action, part, owner(action.owner), needs), secondary: place(part.input) });
        }
        break;
      case "makeFile":
        for (const made of makeFile(action, owner(action.owner))) actions.push({ action: made, secondary: -1 });
        break;
      case "makeDirectory":
        actions.push({ action: makeDirectory(action.path, action.mode, owner(action.owner)), secondary: -1 });
        break;
    }
  }
  const last = actions.length - 1;
  const value = {
    actions: actions.map(({ action, secondary }, at) => ({
      // An action stands on the one before it; those are numbered after the inputs.
      input: BigInt(at === 0 ? (base === undefined ? -1 : 0) : inputs.length + at - 1),
      secondaryInput: BigInt(secondary),
      output: at === last ? 0n : -1n,
      action,
    })),
  };
  return context.graph.add({ op: { case: "file", value } }, inputs, context.notes(id, [...needs]));
}

/** The paths below a local folder that an action reads, by the name the LLB has for the folder. */
export function followedBy(action: FileAction): readonly string[] {
  if (action.action !== "copy") return [];
  return action.sources.flatMap((source) => {
    if ("include" in source) return plainSources(action, source)?.sources ?? [];
    if (!action.parents) return [source.path];
    const { root, pattern } = pivot(source.path);
    return [`${root}/${pattern}`];
  });
}

function copyParts(context: CompileContext, id: OperationId, action: CopyAction): readonly CopyPart[] {
  const exclude = action.exclude ?? [];
  const parts: CopyPart[] = [];
  for (const source of action.sources) {
    if ("include" in source) {
      parts.push(...chosenParts(context, id, action, source));
      continue;
    }
    const input = inputOf(context, id, action);
    if (!action.parents) {
      parts.push({ input, src: rooted(source.path), includePatterns: [], requiredPaths: [], exclude, isPath: true });
      continue;
    }
    const { root, pattern } = pivot(source.path);
    const wild = hasWildcard(root) || hasWildcard(pattern);
    const requiredPaths = wild ? [] : [rooted(`${root}/${pattern}`)];
    parts.push({ input, src: rooted(root), includePatterns: [pattern], requiredPaths, exclude, isPath: true });
  }
  return parts;
}

/** What globs choose: in the words of a COPY where there are any, else a folder that holds nothing else. */
function chosenParts(
  context: CompileContext,
  id: OperationId,
  action: CopyAction,
  selection: Exclude<CopySelection, { path: string }>,
): readonly CopyPart[] {
  const plain = plainSources(action, selection);
  if (plain !== undefined) {
    const input = inputOf(context, id, action);
    const exclude = [...plain.exclude, ...(action.exclude ?? [])];
    return plain.sources.map((path) => {
      return { input, src: rooted(path), includePatterns: [], requiredPaths: [], exclude, isPath: true };
    });
  }
  const local = context.localOf(action.from);
  if (local === undefined) {
    throw new StrakeError({
      code: "unsupported-by-buildkit",
      message: `BuildKit has no patterns like ${selection.include.map((text) => `"${text}"`).join(", ")} for the files of an image`,
      notes: ["Name the files with plain globs, or build with the engine."],
      site: context.step(id)?.site,
    });
  }
  const input = context.addLocal(id, { local, permissions: permissionsOf(action), selection });
  const src = rooted(selection.base);
  return [{ input, src, includePatterns: [], requiredPaths: [], exclude: action.exclude ?? [], isPath: false }];
}

/** A pattern that takes back what another leaves out could take back what the selection leaves out. */
function plainSources(action: CopyAction, selection: Exclude<CopySelection, { path: string }>) {
  if (action.exclude?.some((pattern) => pattern.startsWith("!"))) return undefined;
  return dockerSources(selection);
}

function inputOf(context: CompileContext, id: OperationId, action: CopyAction): LlbOutput | undefined {
  const local = context.localOf(action.from);
  if (local === undefined) return context.output(action.from);
  return context.addLocal(id, { local, permissions: permissionsOf(action) });
}

/** Whether the files of a copy have their own modes. */
export function permissionsOf(action: CopyAction): "normal" | "source" {
  return action.permissions === "normal" && !action.keepOwner ? "normal" : "source";
}

function copyOf(action: CopyAction, part: CopyPart, owner: ReturnType<typeof ownerOf>, needs: Set<string>): LlbAction {
  const octal = action.mode !== undefined && /^[0-7]+$/.test(action.mode);
  if (part.includePatterns.length > 0 || part.exclude.length > 0) needs.add("file.copy.includeexcludepatterns");
  if (part.requiredPaths.length > 0) needs.add("file.copy.requiredpaths");
  return {
    case: "copy",
    value: {
      src: part.src,
      dest: action.intoDirectory && action.destination !== "/" ? `${action.destination}/` : action.destination,
      ...(owner === undefined ? {} : { owner }),
      mode: octal ? Number.parseInt(action.mode as string, 8) : -1,
      ...(action.mode === undefined || octal ? {} : { modeStr: action.mode }),
      followSymlink: part.isPath,
      dirCopyContents: true,
      attemptUnpackDockerCompatibility: action.unpack ?? false,
      createDestPath: true,
      allowWildcard: part.isPath,
      allowEmptyWildcard: part.isPath,
      timestamp,
      includePatterns: [...part.includePatterns],
      excludePatterns: [...part.exclude],
      requiredPaths: [...part.requiredPaths],
    },
  };
}

function makeFile(
  action: Extract<FileAction, { action: "makeFile" }>,
  owner: ReturnType<typeof ownerOf>,
): readonly LlbAction[] {
  const data =
    "text" in action.content ? new TextEncoder().encode(action.content.text) : fromBase64(action.content.base64);
  const folder = action.path.slice(0, action.path.lastIndexOf("/"));
  const mode = applyMode(0o644, action.mode, false);
  const value = { path: action.path, mode, data, timestamp, ...(owner === undefined ? {} : { owner }) };
  return [...(folder === "" ? [] : [makeDirectory(folder, 0o755, owner)]), { case: "mkfile", value }];
}

function makeDirectory(path: string, mode: number, owner: ReturnType<typeof ownerOf>): LlbAction {
  return {
    case: "mkdir",
    value: { path, mode, makeParents: true, timestamp, ...(owner === undefined ? {} : { owner }) },
  };
}

/** An owner; names are looked up in the file system that is copied to. */
function ownerOf(owner: Owner | undefined, base: number): Init<pb.ChownOpt> | undefined {
  if (owner === undefined) return undefined;
  const option = (name: string) => {
    // A group that is left empty after a colon is root.
    if (/^\d*$/.test(name)) return { user: { case: "byID", value: Number(name) } as const };
    return { user: { case: "byName", value: { name, input: BigInt(base) } } as const };
  };
  return {
    user: option(owner.user),
    ...(owner.group === undefined ? {} : { group: option(owner.group) }),
  };
}

/** With parents, what stands before `/./` is where paths begin. */
function pivot(source: string): { readonly root: string; readonly pattern: string } {
  const at = source.indexOf("/./");
  return at === -1 ? { root: "", pattern: source } : { root: source.slice(0, at), pattern: source.slice(at + 3) };
}

function rooted(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}
