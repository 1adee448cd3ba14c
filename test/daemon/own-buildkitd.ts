import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildkitClient, type ConnectOptions } from "@strake/daemon";
import { onTestFinished } from "vitest";
import { runProgram } from "../support/run-program.ts";

/** A buildkitd of one test, which may stop it as it likes. */
export interface OwnBuildkitd {
  readonly address: string;
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Ends it and removes all that it had. */
  stop(): Promise<void>;
}

/** Starts a buildkitd, which ends with the test at the latest; it listens where `lines` of its `[grpc]` say, or else on a socket. */
export async function ownBuildkitd(
  address?: string,
  lines: readonly string[] = [],
  connect: ConnectOptions = {},
): Promise<OwnBuildkitd> {
  const folder = mkdtempSync(join(tmpdir(), "strake-test-own-"));
  const at = address ?? `unix://${join(folder, "s")}`;
  const configuration = [
    `root = ${JSON.stringify(join(folder, "root"))}`,
    "[grpc]",
    `address = [${JSON.stringify(at)}]`,
    ...lines,
    "[worker.containerd]",
    "enabled = false",
    "[worker.oci]",
    `binary = "runc"`,
    `networkMode = "host"`,
  ];
  writeFileSync(join(folder, "buildkitd.toml"), configuration.join("\n"));
  const child = spawn("buildkitd", ["--config", join(folder, "buildkitd.toml")], { stdio: "ignore" });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await unmount(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  onTestFinished(stop);
  await answered(at, connect);
  return { address: at, kill: (signal) => void child.kill(signal), stop };
}

/** A daemon that was killed leaves its mounts. */
async function unmount(folder: string): Promise<void> {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const left = mounts.flatMap((line) =>
    line.split(" ")[1]?.startsWith(`${folder}/`) ? [line.split(" ")[1] as string] : [],
  );
  for (const mount of left.reverse()) await runProgram("umount", ["-l", mount]);
}

async function answered(address: string, connect: ConnectOptions): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    try {
      (await BuildkitClient.connect(address, connect)).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
