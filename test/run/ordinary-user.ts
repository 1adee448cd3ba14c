import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunOptions, type RunResult, runProgram } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";

/** What a user can be made with. */
export const userNeeds: readonly string[] = ["root", "linux", "useradd", "userdel", "setpriv", "newuidmap"];

/** A user of the machine who is not root, with a folder of its own. */
export interface OrdinaryUser {
  /** The user's folder; a store is in it. */
  readonly home: string;
  /** Runs the built `strake` as this user, in the user's own store. */
  strake(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Gives a file or folder to this user. */
  own(path: string): void;
  /** Removes the user and the folder. */
  remove(): void;
}

let made = 0;

/** Makes a user with subordinate ids, as a person on this machine has. */
export function ordinaryUser(): OrdinaryUser {
  const name = `strake-${process.pid}-${made++}`;
  changeUsers("useradd", "--no-create-home", "--shell", "/bin/sh", name);
  const [uid = 0, gid = 0] = ["-u", "-g"].map((option) =>
    Number(execFileSync("id", [option, name], { encoding: "utf8" })),
  );
  const home = mkdtempSync(join(tmpdir(), "strake-test-user-"));
  chownSync(home, uid, gid);
  return {
    home,
    strake: (args, options = {}) =>
      runProgram(
        "setpriv",
        ["--reuid", `${uid}`, "--regid", `${gid}`, "--init-groups", process.execPath, strakeBin, ...args],
        {
          ...options,
          env: {
            NODE_EXTRA_CA_CERTS: undefined,
            CI: undefined,
            XDG_RUNTIME_DIR: undefined,
            DOCKER_CONFIG: undefined,
            HOME: home,
            STRAKE_HOME: join(home, "store"),
            ...options.env,
          },
        },
      ),
    own: (path) => chownSync(path, uid, gid),
    remove: () => {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
      // Also while the last of the user's processes are on their way out.
      changeUsers("userdel", "--force", name);
    },
  };
}

/** Changes the machine's users; whoever else does so at the moment holds a lock, for which these programs wait seconds. */
function changeUsers(program: "useradd" | "userdel", ...args: readonly string[]): void {
  for (let turn = 0; ; turn++) {
    try {
      execFileSync(program, args, { stdio: "pipe" });
      return;
    } catch (error) {
      if (turn === 20 || !/lock|try again/.test(String((error as { stderr?: unknown }).stderr))) throw error;
    }
  }
}
