import type { CallSite } from "../graph/call-site.ts";
import type {
  AddSource,
  ContentSource,
  CopyFrom,
  CopyNode,
  CopySource,
  Permissions,
  Rules,
  WriteNode,
} from "../graph/definition.ts";
import { addSourceType } from "../graph/git-url.ts";
import { shownValue } from "../output/not-text.ts";
import { Output, type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import {
  anything,
  aText,
  aTextOrMode,
  aTextOrNumber,
  checkOptions,
  type OptionChecks,
  oneOf,
  stringOrStrings,
  yesOrNo,
} from "./check-options.ts";
import type { Content } from "./content.ts";
import { type From, toCopyFrom } from "./copy-from.ts";
import type { Files } from "./files.ts";

/** What can be copied: a path or wildcard with Docker's rules, what `files()` chose, or what `content()` says. */
export type Source = Text | Files | Content;

export interface WriteOptions {
  /** `user` or `user:group`, by name or number. Names are looked up in the image's own `/etc/passwd`. */
  readonly chown?: Text | number;
  /** An octal number such as `0o644`, octal text, or symbolic text such as `u=rwX,go=rX`. */
  readonly chmod?: Text | number;
  /** A layer that does not depend on what is below it: a new base does not rebuild it. */
  readonly link?: boolean;
}

export interface CopyOptions extends WriteOptions {
  /** Where the sources are, when not in the build file's folder. */
  readonly from?: From;
  /** The folders above each source are made below the destination too; `/./` in a source marks where they begin. */
  readonly parents?: boolean;
  /** Patterns of files to leave out, in `.dockerignore`'s notation. */
  readonly exclude?: string | readonly string[];
  /** `normal` (the default): 0755 for folders and executables, 0644 for the rest. `source`: as they are. */
  readonly permissions?: Permissions;
  /** `strict` (the default) refuses what Docker silently gets wrong; `docker` does as Docker does. */
  readonly rules?: Rules;
}

/** COPY and ADD exactly as a Dockerfile has them: modes as in the checkout, and nothing refused that Docker takes. */
export const likeDocker: Readonly<Required<Pick<CopyOptions, "permissions" | "rules">>> = Object.freeze({
  permissions: "source",
  rules: "docker",
});

export interface AddOptions extends Omit<CopyOptions, "from" | "parents"> {
  /** What the download must be: a sha256 digest for http, a commit for git. */
  readonly checksum?: Text;
  readonly keepGitDir?: boolean;
  /** Whether archives are unpacked; by default local ones are, downloaded ones are not. */
  readonly unpack?: boolean;
}

const writing: OptionChecks<WriteOptions> = { chown: aTextOrNumber, chmod: aTextOrMode, link: yesOrNo };

/** How options that say how strict a statement is are looked at. */
export const placing: OptionChecks<Pick<CopyOptions, "permissions" | "rules">> = {
  permissions: oneOf("normal", "source"),
  rules: oneOf("strict", "docker"),
};

/** @throws StrakeError `invalid-option` */
export function checkCopyOptions(options: CopyOptions): CopyOptions {
  const own = { from: anything, parents: yesOrNo, exclude: stringOrStrings };
  return checkOptions<CopyOptions>("copy", options, { ...own, ...writing, ...placing });
}

/** @throws StrakeError `invalid-option` */
export function checkAddOptions(options: AddOptions): AddOptions {
  const own = { checksum: aText, keepGitDir: yesOrNo, unpack: yesOrNo, exclude: stringOrStrings };
  return checkOptions<AddOptions>("add", options, { ...own, ...writing, ...placing });
}

/** @throws StrakeError `invalid-option` */
export function checkWriteOptions(method: string, options: WriteOptions): WriteOptions {
  return checkOptions<WriteOptions>(method, options, writing);
}

/** The fields that `copy` and `add` share in their nodes. */
export function toCopyFields(
  destination: Text,
  options: CopyOptions | AddOptions,
): Pick<CopyNode, "destination" | "chown" | "chmod" | "link" | "exclude" | "permissions" | "rules"> {
  return {
    destination: toTextValue(destination),
    ...toWriteFields(options),
    exclude: Object.freeze([options.exclude ?? []].flat()),
    permissions: options.permissions ?? "normal",
    rules: options.rules ?? "strict",
  };
}

/** The fields that every statement which makes files shares. */
export function toWriteFields(options: WriteOptions): Pick<WriteNode, "chown" | "chmod" | "link"> {
  return {
    ...(options.chown === undefined ? {} : { chown: toTextValue(numberText(options.chown, 10)) }),
    ...(options.chmod === undefined ? {} : { chmod: toTextValue(numberText(options.chmod, 8)) }),
    ...(options.link ? { link: true } : {}),
  };
}

/**
 * Reads the sources of `copy` and the place they are in.
 *
 * @throws StrakeError for what Docker would silently do wrong: a path that leaves its root, several sources into one name
 */
export function toCopySources(
  sources: Source | readonly Source[],
  destination: Text,
  options: CopyOptions,
  site: CallSite,
): { sources: readonly CopySource[]; from: CopyFrom } {
  const list = [sources].flat() as readonly Source[];
  const strict = options.rules !== "docker";
  checkSources(list, destination, options, site);
  const roots = new Set(list.filter(isFiles).map((source) => source.root));
  if (roots.size > 0 && options.from !== undefined) {
    throw new StrakeError({
      code: "files-with-from",
      message: "files() chooses from the build file's folder, so it cannot be used with the option from",
      site,
    });
  }
  const [root] = roots;
  if (roots.size > 1 || (root !== undefined && list.some((source) => !isFiles(source)) && !sameRoot(root, site))) {
    throw new StrakeError({
      code: "several-roots",
      message: "these sources are chosen below different folders; copy each on its own",
      site,
    });
  }
  const from: CopyFrom = root === undefined ? toCopyFrom(options.from, site) : { type: "context", root };
  const placed = list.map((source) => toCopySource(source, from, strict ? site : undefined));
  return { sources: Object.freeze(contentLast(placed)), from };
}

/** Reads the sources of `add`: addresses of downloads, and paths. */
export function toAddSources(
  sources: Text | Content | readonly (Text | Content)[],
  destination: Text,
  options: AddOptions,
  site: CallSite,
): readonly AddSource[] {
  const list = [sources].flat() as readonly (Text | Content)[];
  checkSources(list, destination, options, site);
  const placed = list.map((source): AddSource => {
    if (isContent(source)) return toContentSource(source);
    // What is known only later tells then what it is.
    const type = typeof source === "string" ? addSourceType(source) : "path";
    if (type !== "path") return { type, url: toTextValue(source) };
    if (typeof source === "string" && options.rules !== "docker") checkContextPath(source, site);
    return { type: "path", path: toTextValue(source) };
  });
  return Object.freeze(contentLast(placed));
}

/** What the statement itself says is written over what it copies, as Docker does. */
function contentLast<S extends { readonly type: string }>(sources: readonly S[]): readonly S[] {
  const isLast = ({ type }: S) => type === "content";
  return [...sources.filter((source) => !isLast(source)), ...sources.filter(isLast)];
}

function isContent(source: Source): source is Content {
  return typeof source === "object" && source !== null && "isStrakeContent" in source;
}

function toContentSource({ name, text }: Content): ContentSource {
  return { type: "content", name, content: text };
}

function isFiles(source: Source): source is Files {
  return typeof source === "object" && source !== null && "isStrakeFiles" in source;
}

function sameRoot(root: string, site: CallSite): boolean {
  const context = toCopyFrom(undefined, site);
  return context.type === "context" && context.root === root;
}

/** @param site the statement, where paths that leave their root are refused */
function toCopySource(source: Source, from: CopyFrom, site: CallSite | undefined): CopySource {
  if (isFiles(source)) {
    return { type: "files", selection: { base: source.base, include: source.include, exclude: source.exclude } };
  }
  if (isContent(source)) return toContentSource(source);
  if (typeof source === "string" && from.type === "context" && site !== undefined) checkContextPath(source, site);
  return { type: "path", path: toTextValue(source) };
}

function checkSources(list: readonly unknown[], destination: Text, { rules }: CopyOptions, site: CallSite): void {
  if (list.length === 0) throw new StrakeError({ code: "missing-source", message: "there is nothing to copy", site });
  for (const source of list) checkSource(source, site);
  if (list.length > 1 && rules !== "docker" && typeof destination === "string" && !/(^|\/)\.?$/.test(destination)) {
    throw new StrakeError({
      code: "destination-not-folder",
      message: `several sources need a folder as their destination, and "${destination}" does not end in a slash`,
      notes: [`Write "${destination}/".`],
      site,
    });
  }
}

/** What files are copied from is an option, and easily taken for what is copied. */
function checkSource(source: unknown, site: CallSite): void {
  if (typeof source !== "object" || source === null || Array.isArray(source) || Output.is(source)) return;
  if ("isStrakeFiles" in source || "isStrakeContent" in source) return;
  throw new StrakeError({
    code: "invalid-text",
    message: `a path, files() or content() is expected, not ${shownValue(source)}`,
    notes: ['Files of an image, or of another folder, are named with it: copy("/app", "/app", { from: image }).'],
    site,
  });
}

function checkContextPath(path: string, site: CallSite): void {
  if (path === "") {
    const notes = ["Write . for the whole of the folder."];
    throw new StrakeError({ code: "missing-source", message: "a source is empty", notes, site });
  }
  if (path.startsWith("/")) {
    throw new StrakeError({
      code: "absolute-source",
      message: `the source "${path}" is absolute; sources are relative to the build file`,
      notes: ['Copy from another folder with { from: local("…") }, or from an image with { from: image }.'],
      site,
    });
  }
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "." && part !== "") depth += 1;
    if (depth < 0) {
      throw new StrakeError({
        code: "source-outside-root",
        message: `the source "${path}" is outside the build file's folder`,
        notes: ['Copy from there with { from: local("..") } and a path below that folder.'],
        site,
      });
    }
  }
}

function numberText(value: Text | number, radix: 8 | 10): Text {
  return typeof value === "number" ? value.toString(radix) : value;
}
