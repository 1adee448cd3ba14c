import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../store/make-folder.ts";
import { findProgram } from "./find-program.ts";
import type { Sandbox, SandboxMount, SandboxName } from "./sandbox.ts";

/** What came of trying a sandbox. */
export interface Probe {
  readonly name: SandboxName;
  readonly works: boolean;
  readonly why?: string;
  /** How to get it. */
  readonly remedy?: string;
}

/** The programs that a sandbox needs, and the packages that have them. */
const needs: Readonly<Record<SandboxName, readonly (readonly [program: string, installed: string])[]>> = {
  crun: [["crun", "apt-get install crun"]],
  runc: [["runc", "apt-get install runc"]],
  bubblewrap: [["bwrap", "apt-get install bubblewrap"]],
  plain: [],
};

const always = [
  ["unshare", "apt-get install util-linux"],
  ["setpriv", "apt-get install util-linux"],
  ["mount", "apt-get install mount"],
] as const;

/** Folders of this machine that its own `true` needs to run. */
const folders = ["/bin", "/lib", "/lib32", "/lib64", "/usr"];

/** Tries a sandbox with this machine's own `true`, on the file system that commands will run on. */
export async function probeSandbox(sandbox: Sandbox, store: string): Promise<Probe> {
  const { name } = sandbox;
  if (process.platform !== "linux") return { name, works: false, why: "commands run on Linux only." };
  for (const [program, installed] of [...always, ...needs[name]]) {
    if (findProgram(program) === undefined) {
      return { name, works: false, why: `${program} is not installed.`, remedy: `Install it: ${installed}.` };
    }
  }
  makeFolder(store);
  const folder = mkdtempSync(join(store, "probe-"));
  try {
    return await tryIn(sandbox, folder);
  } catch (error) {
    return { name, works: false, why: `it fails: ${(error as Error).message}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tryIn(sandbox: Sandbox, folder: string): Promise<Probe> {
  const [lower, upper, work] = ["lower", "upper", "work"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [lower, upper, work]) mkdirSync(path);
  const said: Buffer[] = [];
  const { code } = await sandbox.run(
    {
      lowers: [lower],
      upper,
      work,
      scratch: join(folder, "scratch"),
      args: ["/bin/true"],
      env: [],
      cwd: "/",
      user: { uid: 0, gid: 0, groups: [], home: "/" },
      mounts: folders.filter((path) => existsSync(path)).map(shownMount),
      network: "host",
      hostname: "strake",
      hosts: [],
      security: "sandbox",
      limits: {},
    },
    { output: (_stream, chunk) => void said.push(Buffer.from(chunk)) },
  );
  if (code === 0) return { name: sandbox.name, works: true };
  const lines = Buffer.concat(said).toString().trim().split("\n").slice(-2).join("; ");
  return { name: sandbox.name, works: false, why: `it fails: ${lines || `exit status ${code}`}` };
}

function shownMount(path: string): SandboxMount {
  return { type: "bind", source: realpathSync(path), target: path, readonly: true };
}
