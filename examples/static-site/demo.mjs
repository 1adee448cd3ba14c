// Plans and builds the image into a folder of its own, and shows what came out.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../packages/strake/bin/strake.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "strake-demo-"));
const environment = { ...process.env, STRAKE_HOME: join(folder, "store") };

function strake(...args) {
  console.log(`\n$ strake ${args.join(" ")}`);
  execFileSync(process.execPath, [program, ...args], {
    cwd: import.meta.dirname,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

try {
  strake("plan");
  strake("build", "--progress", "plain", "-t", "site:demo");
  strake("plan");
  strake("images");
  strake("history", "site:demo");
  strake("build", "--progress", "plain", "-t", "site:demo", "-o", `type=docker,dest=${join(folder, "site.tar")}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
