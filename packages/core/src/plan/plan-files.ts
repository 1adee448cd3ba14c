import { type Digest, isDigest } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { AddNode, ContentSource, CopyFrom, CopyNode, WorkdirNode, WriteNode } from "../graph/definition.ts";
import { dockerSources } from "../graph/docker-sources.ts";
import { addSourceType, parseGitUrl } from "../graph/git-url.ts";
import { heredocDelimiter } from "../graph/heredoc.ts";
import { baseName, cleanPath, joinPath } from "../graph/posix-path.ts";
import { toBase64 } from "../hash/base64.ts";
import type { TextValue } from "../output/expression.ts";
import { StrakeError } from "../strake-error.ts";
import { withHistory } from "./history.ts";
import type { CopyAction, CopySelection, FileAction, Input, Owner } from "./operation.ts";
import { sourceOfName } from "./plan-base.ts";
import type { PlanContext } from "./plan-context.ts";
import type { State } from "./state.ts";

/** Folds `copy` into the state: one layer. */
export function planCopy(context: PlanContext, state: State, node: CopyNode): State {
  const contents = node.sources.filter((source) => source.type === "content");
  const sources = node.sources.flatMap((source): CopySelection[] => {
    if (source.type === "content") return [];
    if (source.type === "files") return [source.selection];
    return [{ path: sourcePath(context.text(source.path, state, node.site)) }];
  });
  const actions = contents.map((source) => copyContent(context, state, node, source));
  if (sources.length > 0) {
    const { input, keepOwner } = copyInput(context, state, node.from, node.site);
    actions.unshift(
      copyAction(context, state, node, input, sources, {
        ...(node.parents ? { parents: true } : {}),
        ...(keepOwner ? { keepOwner: true } : {}),
      }),
    );
  }
  const words = node.sources.flatMap((source) => {
    if (source.type === "content") return [`<<${source.name}`];
    if (source.type === "path") return [context.text(source.path, state, node.site)];
    return dockerSources(source.selection)?.sources ?? source.selection.include;
  });
  const chosen = node.sources.some((source) => source.type === "files");
  return addLayer(context, state, actions, node, copyText("COPY", context, state, node, words, chosen));
}

/** Folds `add` into the state: one layer, whatever its sources are. */
export function planAdd(context: PlanContext, state: State, node: AddNode): State {
  const words: string[] = [];
  const actions = node.sources.map((source): CopyAction => {
    if (source.type === "content") {
      words.push(`<<${source.name}`);
      return copyContent(context, state, node, source);
    }
    const text = context.text(source.type === "path" ? source.path : source.url, state, node.site);
    words.push(text);
    const type = source.type === "path" ? addSourceType(text) : source.type;
    if (type === "http") return addHttp(context, state, node, text);
    if (type === "git") return addGit(context, state, node, text);
    const { input } = copyInput(context, state, node.from, node.site);
    const unpack = node.unpack === false ? {} : { unpack: true };
    return copyAction(context, state, node, input, [{ path: sourcePath(text) }], unpack);
  });
  return addLayer(context, state, actions, node, copyText("ADD", context, state, node, words));
}

/** Folds `write` into the state. Its history is that of a COPY of a heredoc. */
export function planWrite(context: PlanContext, state: State, node: WriteNode): State {
  const path = absolute(context, state, node.path, node.site);
  const content =
    node.content instanceof Uint8Array
      ? { base64: toBase64(node.content) }
      : { text: context.text(node.content, state, node.site) };
  const action: FileAction = {
    action: "makeFile",
    path: cleanPath(path),
    content,
    mode: node.chmod === undefined ? "644" : context.text(node.chmod, state, node.site),
    ...ownerOf(context, state, node),
  };
  const delimiter = heredocDelimiter("text" in content ? content.text : "");
  const title = copyText("COPY", context, state, { ...node, destination: node.path }, [`<<${delimiter}`]);
  return addLayer(context, state, [action], node, title);
}

/** Folds `workdir` into the state: the folder is made, by its user, in a layer of its own. */
export function planWorkdir(context: PlanContext, state: State, node: WorkdirNode): State {
  const written = context.text(node.path, state, node.site);
  const path = joinPath(state.config.WorkingDir || "/", written);
  // As in BuildKit, an absolute path is kept as it is written, and only a relative one is made clean.
  const folder = written.startsWith("/") ? written : path;
  const next = { ...state, config: { ...state.config, WorkingDir: folder } };
  const title = `WORKDIR ${folder}`;
  if (path === "/") return withHistory(context, next, title, 0);
  const rules = node.rules === undefined ? {} : { rules: node.rules };
  const owner = state.config.User ? { owner: parseOwner(state.config.User, node.site), ...rules } : {};
  const action = { action: "makeDirectory", path, mode: 0o755, ...owner } as const;
  if (state.input === null) refuseNames(action, node.site);
  const input = context.addStep({ op: "files", input: state.input, actions: [action] }, title, node.site);
  return withHistory(context, { ...next, input, layers: state.layers + 1 }, title, 1);
}

/** The operation that files come from; files of images keep their owners. */
export function copyInput(
  context: PlanContext,
  state: State,
  from: CopyFrom,
  site: CallSite,
): { input: Input; keepOwner: boolean } {
  if (from.type === "context") {
    const name = context.localName(from.root);
    return { input: context.graph.add({ op: "source", source: { type: "local", name } }), keepOwner: false };
  }
  if (from.type === "image") return { input: context.stateOf(from.image, state.platform).input, keepOwner: true };
  return { input: sourceOfName(context, from.name, state.platform, site), keepOwner: true };
}

/** Adds files on top of the state, or beside it and merged where the statement says `link`. */
function addLayer(
  context: PlanContext,
  state: State,
  actions: readonly FileAction[],
  node: { readonly link?: boolean; readonly site: CallSite },
  title: string,
): State {
  let input: Input;
  if (node.link) {
    for (const action of actions) refuseNames(action, node.site);
    const files = context.addStep({ op: "files", input: null, actions }, title, node.site);
    input = state.input === null ? files : context.graph.add({ op: "merge", inputs: [state.input, files] });
  } else {
    if (state.input === null) for (const action of actions) refuseNames(action, node.site);
    input = context.addStep({ op: "files", input: state.input, actions }, title, node.site);
  }
  return withHistory(context, { ...state, input, layers: state.layers + 1 }, `${title} # buildkit`, 1);
}

function refuseNames(action: FileAction, site: CallSite): void {
  const names = [action.owner?.user, action.owner?.group].filter((name) => name !== undefined && !/^\d*$/.test(name));
  if (names.length === 0) return;
  throw new StrakeError({
    code: "link-with-name",
    message: `with link, or on nothing, a layer knows no image below it, so the owner "${names[0]}" cannot be looked up`,
    notes: ["Give the owner as numbers."],
    site,
  });
}

function copyAction(
  context: PlanContext,
  state: State,
  node: CopyNode | AddNode,
  from: Input,
  sources: readonly CopySelection[],
  extra: Partial<CopyAction>,
): CopyAction {
  const written = context.text(node.destination, state, node.site);
  const chosen = sources.some((source) => "include" in source);
  return {
    action: "copy",
    from,
    sources,
    destination: joinPath(state.config.WorkingDir || "/", written),
    intoDirectory: chosen || /(^|\/)\.{0,2}$/.test(written),
    ...ownerOf(context, state, node),
    ...(node.chmod === undefined ? {} : { mode: context.text(node.chmod, state, node.site) }),
    ...(node.exclude.length === 0 ? {} : { exclude: node.exclude }),
    permissions: node.permissions,
    rules: node.rules,
    ...extra,
  };
}

/** A file that is made on its own and then copied, so that it goes where any other source would. */
function copyContent(
  context: PlanContext,
  state: State,
  node: CopyNode | AddNode,
  { name, content }: ContentSource,
): CopyAction {
  const path = cleanPath(`/${name}`);
  const text = context.text(content, state, node.site);
  const file: FileAction = { action: "makeFile", path, content: { text }, mode: "644" };
  const input = context.graph.add({ op: "files", input: null, actions: [file] });
  return copyAction(context, state, { ...node, exclude: [] }, input, [{ path: path.slice(1) }], {});
}

function addHttp(context: PlanContext, state: State, node: AddNode, url: string): CopyAction {
  const checksum = node.checksum === undefined ? undefined : context.text(node.checksum, state, node.site);
  if (checksum !== undefined && !isDigest(checksum)) {
    throw new StrakeError({
      code: "invalid-checksum",
      message: `"${checksum}" is not a digest; write sha256: and 64 hex digits`,
      site: node.site,
    });
  }
  const filename = baseName(new URL(url).pathname) || "__unnamed__";
  const source = {
    type: "http",
    url,
    filename,
    ...(checksum === undefined ? {} : { checksum: checksum as Digest }),
  } as const;
  const input = context.addStep({ op: "source", source }, `ADD ${url}`, node.site);
  const unpack = node.unpack === true ? { unpack: true } : {};
  // A download is 0600 unless the statement says otherwise; it has no mode of its own to normalise.
  return { ...copyAction(context, state, node, input, [{ path: filename }], unpack), permissions: "source" };
}

function addGit(context: PlanContext, state: State, node: AddNode, text: string): CopyAction {
  const { remote, ref, subdirectory, submodules, ...asked } = parseGitUrl(text, node.site);
  const said = node.checksum === undefined ? undefined : context.text(node.checksum, state, node.site);
  const checksum = agreed("checksum", said, asked.checksum, node.site);
  const keepGitDir = agreed("keep-git-dir", node.keepGitDir, asked.keepGitDir, node.site);
  if (checksum !== undefined && !/^[0-9a-f]+$/i.test(checksum)) {
    const message = `"${checksum}" is not a commit; write its hex digits, or as many of them as you like`;
    throw new StrakeError({ code: "invalid-checksum", message, site: node.site });
  }
  const source = {
    type: "git",
    url: remote,
    ...(ref === undefined ? {} : { ref }),
    ...(subdirectory === undefined ? {} : { subdirectory }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(keepGitDir ? { keepGitDir: true } : {}),
    ...(submodules === false ? { submodules } : {}),
  } as const;
  const input = context.addStep({ op: "source", source }, `ADD ${text}`, node.site);
  return copyAction(context, state, node, input, [{ path: "." }], {});
}

/** What the statement or the address says; where both do, they have to say the same. */
function agreed<T>(what: string, said: T | undefined, asked: T | undefined, site: CallSite): T | undefined {
  if (said === undefined || asked === undefined || said === asked) return said ?? asked;
  throw new StrakeError({ code: "git-address", message: `inconsistent ${what}: "${said}" and "${asked}"`, site });
}

function ownerOf(
  context: PlanContext,
  state: State,
  node: { readonly chown?: TextValue; readonly site: CallSite },
): { owner?: Owner } {
  return node.chown === undefined ? {} : { owner: parseOwner(context.text(node.chown, state, node.site), node.site) };
}

function parseOwner(text: string, site: CallSite): Owner {
  const [user = "", group, ...rest] = text.split(":");
  if (user === "" || rest.length > 0) {
    throw new StrakeError({
      code: "invalid-owner",
      message: `"${text}" is not an owner; write user or user:group`,
      site,
    });
  }
  return group === undefined ? { user } : { user, group };
}

function absolute(context: PlanContext, state: State, path: TextValue, site: CallSite): string {
  return joinPath(state.config.WorkingDir || "/", context.text(path, state, site));
}

/** A source within its root: no leading slash, and `..` never leaves it. A trailing slash has no meaning. */
function sourcePath(text: string): string {
  const [before, after] = text.split("/./", 2) as [string, string | undefined];
  // What stands before `/./` is kept apart: with `parents` it is not part of the destination.
  if (after !== undefined) return `${cleanPath(`/${before}`).slice(1) || "."}/./${cleanPath(`/${after}`).slice(1)}`;
  return cleanPath(`/${text}`).slice(1) || ".";
}

function copyText(
  keyword: "COPY" | "ADD",
  context: PlanContext,
  state: State,
  node: {
    readonly destination: TextValue;
    readonly chown?: TextValue;
    readonly chmod?: TextValue;
    readonly parents?: boolean;
    readonly site: CallSite;
  },
  sources: readonly string[],
  folder = false,
): string {
  const flags = [
    node.parents ? ["--parents"] : [],
    node.chown === undefined ? [] : [`--chown=${context.text(node.chown, state, node.site)}`],
    node.chmod === undefined ? [] : [`--chmod=${context.text(node.chmod, state, node.site)}`],
  ].flat();
  const destination = context.text(node.destination, state, node.site);
  // What globs choose goes into a folder, which a Dockerfile says with a slash.
  const slash = folder && !/(^|\/)\.{0,2}$/.test(destination) ? "/" : "";
  return [keyword, ...flags, ...sources, destination + slash].join(" ");
}
