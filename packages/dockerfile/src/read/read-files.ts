import { type AddSource, addSourceType, type ContentSource, type CopyFrom } from "@strake/core";
import { heredocText, readHeredocMarker } from "../syntax/heredoc-markers.ts";
import type { Instruction } from "../syntax/tree.ts";
import { CheckedFlags } from "./checked-flags.ts";
import type { NewStep } from "./new-step.ts";
import type { StageScope } from "./stage-scope.ts";

const ownerFlags = { chown: "string", chmod: "string", link: "boolean", exclude: "list" } as const;

/** Reads COPY; heredocs go after the paths, whatever their order. */
export function readCopy(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  const flags = new CheckedFlags(scope.reading.source, instruction, {
    ...ownerFlags,
    from: "string",
    parents: "boolean",
  });
  const from = readFrom(scope, flags);
  const { paths, contents, destination, options } = readPaths(scope, instruction, flags);
  const sources = [...paths.map((path) => ({ type: "path", path }) as const), ...contents];
  const parents = flags.boolean("parents") ? { parents: true } : {};
  return [{ kind: "copy", sources, from, destination, ...parents, ...options }];
}

/** Reads ADD, of which each source is a repository, an address or a path. */
export function readAdd(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  const flags = new CheckedFlags(scope.reading.source, instruction, {
    ...ownerFlags,
    checksum: "string",
    "keep-git-dir": "boolean",
    unpack: "boolean",
  });
  const { paths, contents, destination, options } = readPaths(scope, instruction, flags);
  const sources = paths.map((path): AddSource => {
    const type = addSourceType(path);
    return type === "path" ? { type, path } : { type, url: path };
  });
  const checksum = scope.expand(flags.string("checksum") ?? "", instruction);
  if (checksum !== "" && (sources.length !== 1 || sources[0]?.type === "path")) {
    throw scope.fail(instruction, "checksum requires exactly one HTTP(S) or Git source");
  }
  const keepGitDir = flags.boolean("keep-git-dir");
  const unpack = flags.boolean("unpack");
  const add: NewStep = {
    kind: "add",
    sources: [...sources, ...contents],
    from: { type: "context", root: scope.reading.options.context },
    destination,
    ...(checksum === "" ? {} : { checksum }),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(unpack === undefined ? {} : { unpack }),
    ...options,
  };
  return [add];
}

function readFrom(scope: StageScope, flags: CheckedFlags): CopyFrom {
  const flag = flags.find("from");
  const name = flags.string("from");
  if (flag === undefined || name === undefined) return { type: "context", root: scope.reading.options.context };
  const at = flag.span.start.offset;
  if (!name.includes("$")) return scope.reading.copyFrom(name, scope.stage, at);
  throw scope.reading.source.error(
    at,
    "dockerfile-instruction",
    "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
  );
}

function readPaths(scope: StageScope, instruction: Instruction, flags: CheckedFlags) {
  const keyword = instruction.keyword.toUpperCase();
  const words = instruction.words.map((word) => word.value);
  const last = words.pop();
  if (last === undefined || words.length === 0) {
    const reason = "requires at least two arguments, but only one was provided. Destination could not be determined";
    throw scope.fail(instruction, `${keyword} ${reason}`);
  }
  if (instruction.form !== "json" && readHeredocMarker(last) !== undefined) {
    throw scope.fail(instruction, `${keyword} cannot accept a heredoc as a destination`);
  }
  const chown = scope.expand(flags.string("chown") ?? "", instruction);
  const chmod = scope.expand(flags.string("chmod") ?? "", instruction);
  const destination = scope.expand(last, instruction);
  const owner = {
    ...(chown === "" ? {} : { chown }),
    ...(chmod === "" ? {} : { chmod }),
    // BuildKit takes no notice of --link beside --chmod.
    ...(flags.boolean("link") && chmod === "" ? { link: true } : {}),
  };
  const paths: string[] = [];
  const contents: ContentSource[] = [];
  for (const word of words) {
    const marker = readHeredocMarker(word);
    const heredoc = marker && instruction.heredocs.find((found) => found.name === marker.name);
    if (heredoc === undefined) {
      paths.push(scope.expand(word, instruction));
      continue;
    }
    const text = heredocText(heredoc);
    const content = heredoc.expand ? scope.expand(text, instruction, true) : text;
    contents.push({ type: "content", name: heredoc.name, content });
  }
  const exclude = flags.list("exclude").map((flag) => flag.value as string);
  const options = { ...owner, exclude, permissions: "source", rules: "docker" } as const;
  return { paths, contents, destination, options };
}
