import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { listens } from "./listens.ts";
import { runOrThrow } from "./run-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A real sshd on loopback, and an `ssh` that it lets in. */
export interface SshServer {
  /** `USER@127.0.0.1:PORT`. */
  readonly place: string;
  /** A PATH whose `ssh` has the key that the server knows. */
  readonly path: string;
  /** A PATH whose `ssh` has a key that it does not know. */
  readonly strangerPath: string;
}

/** The programs that `sshServer` uses, for `need`. */
export const sshNeeds: readonly string[] = ["root", "sshd", "ssh", "ssh-keygen"];

/**
 * Starts an sshd with keys and settings of its own, which ends with the test.
 *
 * @param env what programs find that are started through it
 */
export async function sshServer(env: Readonly<Record<string, string>> = {}): Promise<SshServer> {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  for (const key of ["host", "client", "stranger"]) {
    await runOrThrow("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(key)]);
  }
  const port = await freePort();
  const variables = Object.entries({ PATH: process.env.PATH ?? "", ...env });
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${at("host")}`,
    `AuthorizedKeysFile ${at("client.pub")}`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    // Who may read the folder is the tests' own matter.
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
    `SetEnv ${variables.map(([name, value]) => `${name}="${value}"`).join(" ")}`,
  ];
  writeFileSync(at("sshd_config"), `${settings.join("\n")}\n`);
  // Where it locks those in who are not logged in yet; without an own service nobody has made it.
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  // It starts itself again for each connection, and so wants to know where it is.
  const child = spawn(findProgram("sshd") as string, ["-D", "-e", "-f", at("sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, "exit");
  });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`sshd does not listen: ${said}`);
    await sleep(30);
  }
  const clientPath = (key: string) => {
    const bin = at(`bin-${key}`);
    mkdirSync(bin);
    const options = [
      `-o IdentityFile=${at(key)}`,
      "-o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no",
      "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
    ];
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\nexec ${findProgram("ssh")} -F none ${options.join(" ")} "$@"\n`);
    chmodSync(join(bin, "ssh"), 0o755);
    return `${bin}${delimiter}${process.env.PATH}`;
  };
  const place = `${userInfo().username}@127.0.0.1:${port}`;
  return { place, path: clientPath("client"), strangerPath: clientPath("stranger") };
}
