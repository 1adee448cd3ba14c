import { dirname } from "node:path";
import { type Definition, type Image, isGitUrl, StrakeError } from "@strake/core";
import { DockerfileImages, type DockerfileOptions } from "./dockerfile-images.ts";
import { findBuildFile } from "./find-build-file.ts";
import { type FoundDockerfile, findDockerfile } from "./find-dockerfile.ts";
import type { Target } from "./find-targets.ts";
import { hostPlatform } from "./host-platform.ts";
import { loadTargets } from "./load-targets.ts";
import { openWorkspace, type Workspace, type WorkspaceOptions } from "./workspace.ts";

/** What every command that reads a build file is told. */
export interface SessionOptions extends Omit<WorkspaceOptions, "buildFile" | "buildFileRoot"> {
  /** A build file, or a folder with one; the nearest from the working folder upwards where absent. */
  readonly file?: string | undefined;
  /** What a Dockerfile is read with; without it, only build files are read. */
  readonly dockerfile?: (Omit<DockerfileOptions, "platform"> & { readonly places: readonly string[] }) | undefined;
}

/** A build file that has been read, and what working with its images takes. */
export interface Session extends Workspace {
  readonly buildFile: string;
  readonly targets: readonly Target<Image>[];
  /** The Dockerfile that is built, where it is one. */
  readonly dockerfile?: DockerfileImages;
}

/** Whether a context has to be fetched: standard input, a repository, or an address. */
function isFetched(place: string): boolean {
  return place === "-" || isGitUrl(place) || /^https?:\/\//.test(place);
}

/** Reads the build file and makes ready what builds its images; nothing is looked up yet. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const wanted = options.dockerfile;
  const [place = ""] = wanted?.places ?? [];
  if (wanted !== undefined && isFetched(place)) return openFetched(options, wanted, place);
  const found = wanted && findDockerfile(process.cwd(), { file: options.file, places: wanted.places });
  if (wanted !== undefined && found !== undefined) return openDockerfile(options, wanted, found);
  const buildFile = findBuildFile(process.cwd(), options.file);
  const targets = await loadTargets(buildFile, { write: !options.readOnly });
  return {
    ...openWorkspace({ ...options, buildFile }),
    buildFile,
    project: dirname(buildFile),
    targets,
    names: new Map(targets.map(({ name, image }) => [image.definition, name])),
  };
}

/** A session whose Dockerfile and context are fetched; they are gone when it is closed. */
async function openFetched(
  options: SessionOptions,
  wanted: NonNullable<SessionOptions["dockerfile"]>,
  place: string,
): Promise<Session> {
  const { fetchContext } = await import("./fetch-context.ts");
  const fetched = await fetchContext(place, process.stdin, options.signal);
  try {
    const { file = "Dockerfile" } = options;
    const found = findDockerfile(fetched.folder, { file, places: ["."] });
    if (found === undefined) throw noFetchedBuildFile(file);
    const session = await openDockerfile(options, wanted, found);
    const close = async () => {
      await session.close();
      fetched.remove();
    };
    return { ...session, close };
  } catch (error) {
    fetched.remove();
    throw error;
  }
}

function noFetchedBuildFile(file: string): StrakeError {
  return new StrakeError({
    code: "usage",
    message: `${file} is a build file, and what it says to do would be done on this machine`,
    notes: ["Fetch it, look at it, and build it in its folder."],
  });
}

/** A session with one target: the image that a Dockerfile says. */
async function openDockerfile(
  options: SessionOptions,
  wanted: NonNullable<SessionOptions["dockerfile"]>,
  found: FoundDockerfile,
): Promise<Session> {
  const names = new Map<Definition, string>();
  const dockerfile = await DockerfileImages.open(found, { ...wanted, platform: hostPlatform() }, names);
  return {
    ...openWorkspace({ ...options, buildFile: found.file, buildFileRoot: found.context }),
    buildFile: found.file,
    project: found.context,
    targets: [{ name: dockerfile.name, image: dockerfile.first() }],
    names,
    dockerfile,
  };
}
