import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { imageFiles } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

const sandboxes = ["crun", "runc", "bubblewrap", "plain"] as const;

need(
  ...runNeeds,
  "runc",
  "bwrap",
  "umoci",
  "getfattr",
)("a command that means harm", () => {
  const build = async (statements: string, args: readonly string[] = []) => {
    const cwd = await runProject(statements, { "a.txt": "a\n" });
    const home = temporaryFolder();
    const built = await runStrake(["build", "app", ...args, "-o", "type=docker,dest=app.tar"], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
    const { files } = await imageFiles(join(cwd, "app.tar"));
    return { home, files: new Map(files.map((file) => [file.path, file])) };
  };

  it.each(sandboxes)("sees and removes only the files of its image, in %s", async (isolation) => {
    const outside = temporaryFolder();
    const { home, files } = await build(
      `const before = base.run("test ! -e ${outside} && rm -rf / 2>/dev/null; echo gone > /gone; true");
export const app = before.copy("/bin/", "/usr/bin/", { from: base }).copy("/gone", "/gone-too", { from: before });
export const unharmed = base.run("ls -d /etc/passwd /usr/bin/busybox");`,
      ["--isolation", isolation],
    );
    expect(statSync(outside).isDirectory()).toBe(true);
    expect(files.has("/gone")).toBe(true);
    expect(files.has("/etc/passwd")).toBe(false);
    expect(readdirSync("/etc")).toContain("passwd");
    const cwd = await runProject(`export const unharmed = base.run("ls -d /etc/passwd /usr/bin/busybox");`);
    expect((await runStrake(["build"], { cwd, home })).status).toBe(0);
  });

  it.each(sandboxes)("makes no link lead out of its image, in %s", async (isolation) => {
    const outside = temporaryFolder();
    const { files } = await build(
      `export const app = base
  .run("mv /etc /moved; ln -s ${outside} /etc; rm -rf /run /srv; ln -s ${outside} /run; ln -s ../../../..${outside} /srv")
  .run("true", { mounts: [secret("token"), cache("/srv/cache"), tmpfs("/run/tmpfs"), bind("/etc/bound")] })
  .workdir("/srv/new")
  .run("echo made > here")
  .copy("a.txt", "/srv/copied")
  .write("/run/written", "text");`,
      ["--isolation", isolation, "--secret", "id=token,env=PATH"],
    );
    expect(readdirSync(outside)).toEqual([]);
    expect([...files.keys()].filter((path) => path.startsWith(`${outside}/`)).sort()).toEqual([
      `${outside}/copied`,
      `${outside}/new`,
      `${outside}/new/here`,
      `${outside}/written`,
    ]);
  });

  it("makes devices, setuid files and odd names, and all of them are in the image as they were", async () => {
    const { home, files } = await build(
      `export const app = base.run(script(\`
mknod /null c 1 3
mknod /pipe p
cp /bin/busybox /root-shell
chmod 6755 /root-shell
printf x > "/$(printf 'two\\\\nlines')"
printf x > "/$(printf 'back\\\\\\\\slash')"
printf x > "/ leading, trailing "
ln -s /no/such "/$(printf 'tab\\\\tlink')"
\`)).run("test -u /root-shell && test -c /null && ls /");`,
    );
    expect(files.get("/null")).toMatchObject({ type: "character", device: "1:3" });
    expect(files.get("/root-shell")?.mode).toBe("6755");
    for (const name of ["/pipe", "/two\nlines", "/back\\slash", "/ leading, trailing ", "/tab\tlink"]) {
      expect([...files.keys()]).toContain(name);
    }
    // A setuid file of an image must not be one for the users of the machine.
    expect(statSync(home).mode & 0o011).toBe(0);
  });

  it("does not reach the machine's kernel, processes or network settings", async () => {
    const { files } = await build(
      `export const app = base.run(script(\`
exec 2>/dev/null
set +e
for try in "mount -t tmpfs none /mnt" "echo 1 > /proc/sys/kernel/panic" "echo s > /proc/sysrq-trigger" \
  "chroot /proc/1/root true && test -e /proc/1/root${process.execPath}" "hostname changed" "mknod /disk b 254 0 && head -c 1 /disk" \
  "kill -0 ${process.pid}" "echo 1 > /sys/kernel/profiling" "cat /proc/kcore | head -c 1 | grep ."; do
  sh -c "\\$try" && echo "\\$try" >> /done
done
true
\`));`,
    );
    expect(files.has("/done")).toBe(false);
  });
});
