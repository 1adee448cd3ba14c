import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inspectMachine } from "./doctor.ts";

it("tells of everything that commands need whether it is there, and how to get what is not", async () => {
  const store = mkdtempSync(join(tmpdir(), "strake-doctor-"));
  try {
    const checks = await inspectMachine(store);
    expect(checks[0]?.name).toBe("kernel");
    expect(checks.every(({ why }) => why !== "")).toBe(true);
    if (process.platform === "linux") {
      expect(checks.map(({ name }) => name)).toEqual([
        ...["kernel", "user", "user namespace", "overlayfs", "control groups", "koffi", "libseccomp"],
        ...["crun", "runc", "bubblewrap", "plain"],
      ]);
    }
    expect(readdirSync(store).filter((name) => name.startsWith("probe-"))).toEqual([]);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
});
