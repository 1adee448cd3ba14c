import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { dockerfileOf } from "../../compose/build-targets.ts";
import { openSession, type Session } from "../../compose/session.ts";
import type { PrintRequest } from "../request.ts";
import { usageError } from "../usage-error.ts";
import { bakeFiles } from "./bake-file.ts";
import { composeFile } from "./compose-file.ts";
import { targetBuilds } from "./target-builds.ts";

/** Prints a bake file with its Dockerfiles into the folder that is asked for, or as the one text that is returned. */
export async function printBake(request: PrintRequest): Promise<string> {
  return withSession(request, (session) => {
    const builds = targetBuilds(session, request, true);
    const { project } = session;
    const ignore = ownIgnoreFile(session);
    if (request.destination === undefined) {
      if (ignore !== undefined) throw noPlaceFor(ignore, "Give --output FOLDER, or call it .dockerignore.");
      return bakeFiles(builds, { project }).bake;
    }
    const folder = resolve(request.destination);
    if (statSync(folder, { throwIfNoEntry: false })?.isFile()) {
      throw usageError(`${request.destination} is a file`, "A bake file and its Dockerfiles are put into a folder.");
    }
    const { bake, dockerfiles } = bakeFiles(builds, { project, folder });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of dockerfiles) {
      writeFileSync(join(folder, name), text);
      if (ignore !== undefined) writeFileSync(join(folder, `${name}.dockerignore`), readFileSync(ignore));
    }
    writeFileSync(join(folder, "docker-bake.json"), bake);
    return "";
  });
}

/** Prints services of a compose file into the file that is asked for, which may be there, or as the returned text. */
export async function printCompose(request: PrintRequest): Promise<string> {
  return withSession(request, (session) => {
    const { project } = session;
    const ignore = ownIgnoreFile(session);
    if (ignore !== undefined) throw noPlaceFor(ignore, "Call it .dockerignore.");
    const builds = targetBuilds(session, request, false);
    if (request.destination === undefined) {
      return composeFile(builds, "", { file: join(project, "compose.yaml"), folder: project, project });
    }
    const file = resolve(request.destination);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw usageError(`${request.destination} is a folder`, "Name the compose file itself, such as compose.yaml.");
    }
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const result = composeFile(builds, text, { file, folder: dirname(file), project });
    mkdirSync(dirname(file), { recursive: true });
    if (result !== text) writeFileSync(file, result);
    return "";
  });
}

async function withSession(request: PrintRequest, work: (session: Session) => string): Promise<string> {
  const session = await openSession({ file: request.file, readOnly: true, dockerfile: dockerfileOf(request) });
  try {
    return work(session);
  } finally {
    await session.close();
  }
}

/** The ignore file that is the build file's alone: Docker looks for one beside each Dockerfile. */
function ownIgnoreFile({ buildFile }: Session): string | undefined {
  const file = `${buildFile}.dockerignore`;
  return existsSync(file) ? file : undefined;
}

function noPlaceFor(ignore: string, note: string) {
  return usageError(`a Dockerfile within another file has no place for what ${basename(ignore)} says`, note);
}
