import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type OrdinaryUser, ordinaryUser, userNeeds } from "./ordinary-user.ts";
import { runNeeds, runProject } from "./run-project.ts";

/** Files of all kinds, owners and modes that a command can make with and without root. */
const statements = `export const app = base
  .copy("a.txt", "/a", { chown: "node" })
  .run(script(\`
id > /who
mkdir -p /made/deep
echo node > /made/file
chown node:33 /made/file
chmod 4750 /made/file
ln /made/file /made/other
ln -s ../a /made/link
mkfifo /made/pipe
mv /home/node /made/home
rm -rf /var/www /etc/example.d
mkdir /etc/example.d
printf x | dd of=/made/sparse bs=1 seek=1000000 2>/dev/null
touch -d '2020-01-02 03:04:05' /made/old
ls -lan /made | grep -v total | awk '{ print $1, $3, $4, $9 }' > /listing
\`))
  .user("node")
  .workdir("/tmp/work")
  .run("id > mine; umask > umask; echo $HOME >> mine")
  .user("root")
  .run("touch /run/x && test -e /run/x && rm /run/x", { mounts: [tmpfs("/run")] })
  .run("cat /etc/hosts | grep -c localhost > /hosts; wc -c < /run/secrets/s > /secret", { mounts: [secret("s")] });`;

need(
  ...runNeeds,
  ...userNeeds,
  "runc",
  "bwrap",
  "unshare",
)("the same commands make the same image", () => {
  let user: OrdinaryUser;
  let cwd: string;
  let right: string;
  const args = ["build", "-q", "--secret", "id=s,env=SECRET"];
  const env = { SECRET: "four" };
  beforeAll(async () => {
    user = ordinaryUser();
    cwd = await runProject(statements, { "a.txt": "a\n" });
    chmodSync(cwd, 0o755);
    user.own(cwd);
    const built = await runStrake(args, { cwd, env });
    expect(built.status, built.stderr).toBe(0);
    right = built.stdout;
  });
  afterAll(() => user.remove());

  it.each(["crun", "runc", "bubblewrap", "plain"])("as root and as a user, in %s", async (isolation) => {
    const all = [...args, "--no-cache", "--isolation", isolation];
    const [root, ordinary] = await Promise.all([runStrake(all, { cwd, env }), user.strake(all, { cwd, env })]);
    expect(root.stdout, root.stderr).toBe(right);
    expect(ordinary.stdout, ordinary.stderr).toBe(right);
  });
});

need(...runNeeds)("one after the other and beside each other", () => {
  it("commands share a cache, or have one each, or wait for it", async () => {
    // Each of two tells how many there were in the cache with it while it ran; those that share it wait for each other.
    const wait = "for i in $(seq 3000); do [ $(ls /c | wc -l) -ge 2 ] && break; sleep 0.1; done";
    const met = "ls /c | wc -l > /met";
    const cwd = await runProject(`const both = (sharing, command) => ["a", "b"]
  .map((me) => base.env({ ME: me }).run(command, { mounts: [cache("/c", { id: sharing, sharing })] }))
  .reduce((all, one, n) => all.copy("/met", \`/\${n}\`, { from: one }), image().from("scratch"));
const apart = "touch /c/$ME; sleep 1; ${met}; rm /c/$ME";
export const shared = both("shared", "touch /c/$ME; ${wait}; ${met}");
export const own = both("private", apart);
export const locked = both("locked", apart);`);
    const home = temporaryFolder();
    const metIn = async (name: string) => {
      const built = await runStrake(["build", name, "--jobs", "2", "-o", `type=local,dest=${name}`], { cwd, home });
      expect(built.status, built.stderr).toBe(0);
      return ["0", "1"].map((file) => Number(readFileSync(join(cwd, name, file), "utf8")));
    };
    expect(await metIn("shared")).toEqual([2, 2]);
    expect(await metIn("own")).toEqual([1, 1]);
    expect(await metIn("locked")).toEqual([1, 1]);
  });

  it("130 commands make 130 layers, and the next command sees all of them", async () => {
    const cwd = await runProject(
      `export const app = Array.from({ length: 130 }, (_, n) => n).reduce((all, n) => all.run(\`echo \${n} > /\${n}; rm -f /\${n - 2}\`), base).run("ls / | grep -c '^[0-9]'; cat /128 /129 >&2");`,
    );
    const built = await runStrake(["build", "--progress", "plain"], { cwd });
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toMatch(/^#\d+ 2$/m);
    expect(built.stderr).toMatch(/^#\d+ 129$/m);
  });
});
