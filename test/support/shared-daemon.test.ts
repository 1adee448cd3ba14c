import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isRunning } from "./is-running.ts";
import { need } from "./need.ts";
import { type DaemonRecipe, sharedDaemon } from "./shared-daemon.ts";
import { stopDaemons } from "./stop-daemons.ts";

/** A daemon that says its process id once it runs. */
const recipe: DaemonRecipe = {
  name: "sleeper",
  prepare: () => ({ command: "sh", args: ["-c", "echo $$ > pid.new && mv pid.new pid && exec sleep 600"] }),
  isReady: async (folder) => existsSync(join(folder, "pid")),
};

need("linux")("a daemon of a run", () => {
  // Stands in for the process of a vitest run.
  let owner: ReturnType<typeof spawn>;

  beforeEach(() => {
    owner = spawn("sleep", ["600"], { stdio: "ignore" });
    vi.stubEnv("STRAKE_TEST_OWNER", String(owner.pid));
  });

  afterEach(() => {
    owner.kill("SIGKILL");
    vi.unstubAllEnvs();
  });

  it("is started once for all who want it, and stopped with the run", async () => {
    const prepare = vi.fn(recipe.prepare);
    const [folder, other] = await Promise.all([1, 2].map(() => sharedDaemon({ ...recipe, prepare })));
    const pid = Number(readFileSync(join(folder ?? "", "pid"), "utf8"));
    expect(other).toBe(folder);
    expect(prepare).toHaveBeenCalledTimes(1);
    expect(isRunning(pid)).toBe(true);
    await stopDaemons(owner.pid ?? 0);
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(dirname(folder ?? ""))).toBe(false);
  });

  it("is stopped and leaves nothing when the run is killed", async () => {
    const folder = await sharedDaemon(recipe);
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    owner.kill("SIGKILL");
    await expect.poll(() => [isRunning(pid), existsSync(folder)]).toEqual([false, false]);
  });

  it("that ends too early is reported with its log", async () => {
    const failing: DaemonRecipe = {
      name: "failing",
      prepare: (folder) => {
        writeFileSync(join(folder, "script"), "echo no such setting; exit 3");
        return { command: "sh", args: ["script"] };
      },
      isReady: async () => false,
    };
    await expect(sharedDaemon(failing)).rejects.toThrow("failing ended with 3\nno such setting");
    await stopDaemons(owner.pid ?? 0);
  });
});
