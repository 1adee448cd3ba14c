import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildkitClient, type ConnectOptions } from "@strake/daemon";
import { runProgram } from "./run-program.ts";

/** A buildkitd that is not shared, so that it may be stopped at any time. */
export interface OwnBuildkitd {
  readonly address: string;
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Ends it and removes all that it had. */
  stop(): Promise<void>;
}

/** How a buildkitd is started. */
export interface StartOptions {
  /** Where it listens; a socket of its own where absent. */
  readonly address?: string;
  /** Lines of `[grpc]` in its configuration. */
  readonly lines?: readonly string[];
  /** Lines of `[worker.oci]` in its configuration. */
  readonly worker?: readonly string[];
  /** How it is found out that it answers. */
  readonly connect?: ConnectOptions;
}

/** Starts a buildkitd with a folder of its own; whoever starts it has to stop it. */
export async function startBuildkitd(options: StartOptions = {}): Promise<OwnBuildkitd> {
  const { address, lines = [], worker = [], connect = {} } = options;
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
    ...worker,
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
  try {
    await answered(at, connect);
  } catch (error) {
    await stop();
    throw error;
  }
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
  for (const deadline = Date.now() + 300_000; ; ) {
    try {
      (await BuildkitClient.connect(address, connect)).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
