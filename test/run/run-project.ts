import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serveBases } from "../support/base-images.ts";
import { project } from "../support/project.ts";

/** What builds with commands need: everything that a sandbox and a base are made of. */
export const runNeeds: readonly string[] = [
  "root",
  "linux",
  "busybox",
  "tar",
  "setfattr",
  "crun",
  "docker-registry",
  "skopeo",
];

/** Makes a project whose `base` is a small image with a shell. */
export async function runProject(statements: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const { address } = await serveBases("busybox");
  const text = `import { bind, cache, commands, image, script, secret, ssh, tmpfs } from "strake";
const base = image().from("${address}/library/busybox");
${statements}
`;
  return project({ ...files, "build.ts": text });
}

/** Every file below a folder with its content, for looking for what must not be there. */
export function* contents(folder: string): Generator<{ path: string; bytes: Buffer }> {
  for (const name of ifThere(() => readdirSync(folder)) ?? []) {
    const path = join(folder, name);
    // Links of images lead anywhere on this machine.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) yield* contents(path);
    const bytes = stat?.isFile() ? ifThere(() => readFileSync(path)) : undefined;
    if (bytes !== undefined) yield { path, bytes };
  }
}

/** What is read of a file or folder; nothing where whoever it belongs to has removed it meanwhile. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

/** The processes whose command line has a text in it. */
export function processesWith(text: string): readonly string[] {
  const all = execFileSync("ps", ["-eo", "pid,args", "-ww"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(text) && !line.includes("ps -eo"));
}
