import type { ConnectOptions } from "@strake/daemon";
import { onTestFinished } from "vitest";
import { type OwnBuildkitd, startBuildkitd } from "../support/start-buildkitd.ts";

/** Starts a buildkitd, which ends with the test at the latest; it listens where `lines` of its `[grpc]` say, or else on a socket. */
export async function ownBuildkitd(
  address?: string,
  lines: readonly string[] = [],
  connect: ConnectOptions = {},
): Promise<OwnBuildkitd> {
  const daemon = await startBuildkitd({ ...(address === undefined ? {} : { address }), lines, connect });
  onTestFinished(daemon.stop);
  return daemon;
}
