import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { WaitingShells } from "./waiting-shells.ts";

const ready = process.platform === "linux" && process.getuid?.() === 0;
if (!ready) console.log("skipped: shells in namespaces are tried as root on Linux");

const root = mkdtempSync(join(tmpdir(), "strake-shells-"));
const mark = `strake-shells-${process.pid}`;
const owner = { uid: 0, gid: 0 };

afterAll(() => rmSync(root, { recursive: true, force: true }));

function folderWith(script: string): string {
  const folder = mkdtempSync(join(root, "with space-"));
  writeFileSync(join(folder, "begin.sh"), `${script}\n`);
  return folder;
}

/** How many processes are called with a text. */
function processes(text: string): number {
  const all = execFileSync("ps", ["-eo", "args", "-ww"], { encoding: "utf8" });
  return all.split(text).length - 1;
}

describe.skipIf(!ready)("a shell that waits", () => {
  it("runs the script of the folder that it is told, and is gone with all that it started", async () => {
    const shells = new WaitingShells(() => ({ early: [`: ${mark}`, "early=before"] }));
    shells.expect();
    shells.expect();
    await expect.poll(() => processes(`: ${mark}`)).toBeGreaterThan(0);
    const shell = shells.take({});
    expect(shell.waits).toBe(true);
    const said = { stdout: "", stderr: "" };
    const script = 'sleep 1000 & echo "$early $folder"; read -r line || echo nothing to read; echo bad >&2; exit 3';
    const folder = folderWith(script);
    const code = await shell.begin(folder, owner, (stream, chunk) => {
      said[stream] += chunk;
    });
    expect({ code, ...said }).toEqual({ code: 3, stdout: `before ${folder}\nnothing to read\n`, stderr: "bad\n" });
    expect(shell.waits).toBe(false);
    expect(processes(mark)).toBe(0);
  });

  it("is started for a command that nobody expected, or that has to be alone", async () => {
    const shells = new WaitingShells();
    shells.expect();
    const waiting = shells.take({});
    const others = [shells.take({}), shells.take({ isolated: true })];
    const links: string[] = [];
    for (const shell of [waiting, ...others]) {
      const folder = folderWith("readlink /proc/self/ns/net");
      expect(await shell.begin(folder, owner, (_, chunk) => void links.push(chunk.toString()))).toBe(0);
    }
    expect(new Set(links.slice(0, 2)).size).toBe(1);
    expect(links[2]).not.toBe(links[0]);
  });

  it("is ended when no command comes", async () => {
    const shells = new WaitingShells(() => ({ early: [`: ${mark}-closed`] }));
    shells.expect();
    await expect.poll(() => processes(`${mark}-closed`)).toBeGreaterThan(0);
    shells.close();
    await expect.poll(() => processes(`${mark}-closed`)).toBe(0);
  });

  it("is replaced when it is not there any more", async () => {
    const seen = join(root, "seen");
    let early = `: ${mark}-gone; echo > ${seen}; exit 1`;
    const shells = new WaitingShells(() => ({ early: [early] }));
    shells.expect();
    await expect.poll(() => existsSync(seen) && processes(`${mark}-gone`)).toBe(0);
    // Node.js asks about all programs that have ended when it is told of one.
    await once(spawn("true"), "exit");
    early = ":";
    const code = await shells.take({}).begin(folderWith("exit 5"), owner, () => {});
    expect(code).toBe(5);
  });
});
