import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { insideUserNamespace } from "./user-namespace.ts";

const ready =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  !insideUserNamespace() &&
  ["/usr/sbin/useradd", "/usr/bin/newuidmap", "/bin/busybox"].every((path) => existsSync(path));
if (!ready) console.log("skipped: a user is made for it, as root, with useradd, newuidmap and busybox-static");

it.skipIf(!ready)("keeps every promise of the sandboxes for an ordinary user too", () => {
  const user = `strake-${process.pid}`;
  execFileSync("useradd", ["--no-create-home", "--shell", "/bin/sh", user]);
  const home = mkdtempSync(join(tmpdir(), "strake-rootless-"));
  try {
    const [uid, gid] = ["-u", "-g"].map((option) => Number(execFileSync("id", [option, user], { encoding: "utf8" })));
    chownSync(home, uid as number, gid as number);
    const namespace = ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "--propagation", "private"];
    const test = ["run", "--configLoader", "runner", "--cache=false", join(import.meta.dirname, "sandbox.test.ts")];
    const { status, stdout, stderr } = spawnSync(
      "setpriv",
      [
        ...["--reuid", `${uid}`, "--regid", `${gid}`, "--init-groups", ...namespace],
        ...[process.execPath, join(import.meta.dirname, "../../../../node_modules/vitest/vitest.mjs"), ...test],
      ],
      {
        encoding: "utf8",
        cwd: join(import.meta.dirname, "../../../.."),
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: home, TMPDIR: home, NO_COLOR: "1" },
      },
    );
    expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    // Also while the last of the user's processes are on their way out.
    execFileSync("userdel", ["--force", user], { stdio: "pipe" });
  }
});
