import { dirname } from "node:path";
import type { Definition, Image } from "@strake/core";
import { DockerfileImages, type DockerfileOptions } from "./dockerfile-images.ts";
import { findBuildFile } from "./find-build-file.ts";
import type { Target } from "./find-targets.ts";
import { hostPlatform } from "./host-platform.ts";
import { loadTargets } from "./load-targets.ts";
import { type OpenedDockerfile, openDockerfile } from "./open-dockerfile.ts";
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

/** Reads the build file and makes ready what builds its images; nothing is looked up yet. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const wanted = options.dockerfile;
  const opened = wanted && (await openDockerfile({ ...wanted, file: options.file }, options.signal));
  if (wanted !== undefined && opened !== undefined) return openImage(options, wanted, opened);
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

/** A session with one target: the image that a Dockerfile says. What was fetched for it is gone when it is closed. */
async function openImage(
  options: SessionOptions,
  wanted: NonNullable<SessionOptions["dockerfile"]>,
  opened: OpenedDockerfile,
): Promise<Session> {
  const { found, contexts } = opened;
  try {
    const names = new Map<Definition, string>();
    const dockerfile = await DockerfileImages.open(found, { ...wanted, contexts, platform: hostPlatform() }, names);
    const image = dockerfile.first();
    const workspace = openWorkspace({ ...options, buildFile: found.file, buildFileRoot: found.context });
    const close = async () => {
      await workspace.close();
      opened.close();
    };
    const { name } = dockerfile;
    return {
      ...workspace,
      close,
      buildFile: found.file,
      project: found.context,
      targets: [{ name, image }],
      names,
      dockerfile,
    };
  } catch (error) {
    opened.close();
    throw error;
  }
}
