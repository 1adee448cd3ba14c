import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isGitUrl, StrakeError } from "@strake/core";
import type { FetchedContext } from "./fetch-context.ts";
import { type FoundDockerfile, findDockerfile } from "./find-dockerfile.ts";

/** Where a Dockerfile is looked for, as a command line says it. */
export interface DockerfilePlace {
  readonly file?: string | undefined;
  readonly places: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  /** What `--build-context` names, by name. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** A Dockerfile with its contexts on this machine. */
export interface OpenedDockerfile {
  readonly found: FoundDockerfile;
  /** The named contexts, in which folders stand for what was fetched. */
  readonly contexts: ReadonlyMap<string, string>;
  /** Removes what was fetched. */
  close(): void;
}

/**
 * Finds the Dockerfile that a command line means and brings its contexts here; undefined where it means a build file.
 *
 * @throws StrakeError `usage`, `no-build-file`, and as fetching does
 */
export async function openDockerfile(
  wanted: DockerfilePlace,
  signal: AbortSignal | undefined,
): Promise<OpenedDockerfile | undefined> {
  const [place = "."] = wanted.places;
  const fetched: FetchedContext[] = [];
  const close = () => {
    for (const each of fetched) each.remove();
  };
  const fetch = async (from: string, options: { keepGitDir?: boolean; packed?: boolean }) => {
    const { fetchContext } = await import("./fetch-context.ts");
    const context = await fetchContext(from, { standardInput: process.stdin, ...options, signal });
    fetched.push(context);
    return context;
  };
  try {
    if (place === "-" && wanted.file === "-") throw twoFromInput("the context and the Dockerfile");
    const keepGitDir = /^(?:1|t|true)$/i.test(wanted.buildArgs.get("BUILDKIT_CONTEXT_KEEP_GIT_DIR") ?? "");
    const found = isFetched(place)
      ? await findFetched(await fetch(place, { keepGitDir }), wanted, place, signal)
      : await findFile(process.cwd(), wanted, signal);
    if (found === undefined) return undefined;
    const contexts = new Map(wanted.contexts);
    for (const [name, from] of contexts) {
      if (from !== "-" && isFetched(from)) contexts.set(name, (await fetch(from, { packed: true })).folder);
    }
    return { found, contexts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Whether a context has to be fetched: standard input, a repository, or an address; a folder of that name comes first. */
function isFetched(place: string): boolean {
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) return false;
  return place === "-" || isGitUrl(place) || /^https?:\/\//.test(place);
}

async function findFetched(
  { folder, name = "image", text }: FetchedContext,
  wanted: DockerfilePlace,
  place: string,
  signal: AbortSignal | undefined,
): Promise<FoundDockerfile> {
  const where = place === "-" ? "standard input" : place.replace(/\/\/[^@/]*@/, "//");
  if (text !== undefined) {
    if (place === "-" && wanted.file !== undefined) throw twoFromInput("a Dockerfile, and -f names another");
    return {
      file: join(tmpdir(), `Dockerfile (${where})`),
      shown: `Dockerfile (${where})`,
      text,
      context: folder,
      name,
    };
  }
  const { file = "Dockerfile" } = wanted;
  const found = await findFile(folder, { file, places: ["."] }, signal);
  if (found === undefined) throw noFetchedBuildFile(file);
  return { ...found, shown: found.shown ?? `${file} (${where})`, name };
}

/** As docker has it, `-f` may be an address too. */
async function findFile(
  folder: string,
  { file, places }: Pick<DockerfilePlace, "file" | "places">,
  signal: AbortSignal | undefined,
): Promise<FoundDockerfile | undefined> {
  if (file === undefined || !/^https?:\/\//.test(file)) return findDockerfile(folder, { file, places });
  const { downloadNamed } = await import("./download-named.ts");
  const chunks: Uint8Array[] = [];
  for await (const chunk of downloadNamed("the Dockerfile", file, signal)) chunks.push(chunk);
  return findDockerfile(folder, { file, text: Buffer.concat(chunks).toString("utf8"), places });
}

function twoFromInput(what: string): StrakeError {
  const notes = ["Give one of them by its path."];
  return new StrakeError({ code: "usage", message: `standard input cannot be ${what}`, notes });
}

function noFetchedBuildFile(file: string): StrakeError {
  return new StrakeError({
    code: "usage",
    message: `${file} is a build file, and what it says to do would be done on this machine`,
    notes: ["Fetch it, look at it, and build it in its folder."],
  });
}
