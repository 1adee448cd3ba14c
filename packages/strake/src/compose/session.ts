import { dirname } from "node:path";
import { Image } from "@strake/core";
import { findBuildFile } from "./find-build-file.ts";
import { findTargets, type Target } from "./find-targets.ts";
import { loadBuildFile } from "./load-build-file.ts";
import { readSettings } from "./settings.ts";
import { openWorkspace, type Workspace, type WorkspaceOptions } from "./workspace.ts";

/** What every command that reads a build file is told. */
export interface SessionOptions extends Omit<WorkspaceOptions, "buildFile"> {
  /** A build file, or a folder with one; the nearest from the working folder upwards where absent. */
  readonly file?: string | undefined;
}

/** A build file that has been read, and what working with its images takes. */
export interface Session extends Workspace {
  readonly buildFile: string;
  readonly targets: readonly Target<Image>[];
}

/** Reads the build file and makes ready what builds its images; nothing is looked up yet. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { home } = readSettings(process.env);
  const buildFile = findBuildFile(process.cwd(), options.file);
  const library = new URL("./index.js", import.meta.url).href;
  const exports = await loadBuildFile({ file: buildFile, home, library, write: !options.readOnly });
  const targets = await findTargets(buildFile, exports, (value): value is Image => Image.is(value));
  return {
    ...openWorkspace({ ...options, buildFile }),
    buildFile,
    project: dirname(buildFile),
    targets,
    names: new Map(targets.map(({ name, image }) => [image.definition, name])),
  };
}
