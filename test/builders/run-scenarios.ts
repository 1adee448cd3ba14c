import type { Scenario } from "./scenarios.ts";

const files = {
  "a.txt": "a\n",
  "run.sh": "#!/bin/sh\necho ran > /ran\n",
  "dir/one.txt": "1\n",
  "dir/sub/two.txt": "2\n",
};

const run = (name: string, definition: string, more: Partial<Scenario> = {}): Scenario => ({
  name: `RUN: ${name}`,
  definition: `image().from("busybox")${definition}`,
  files,
  ...more,
});

/** What RUN does, a scenario for each rule. */
export const runScenarios: readonly Scenario[] = [
  run("nothing", `.run("true")`),
  run("a file", `.run("echo x > /file")`),
  run("a program and its arguments", `.run(["touch", "/a b", "/$HOME"])`),
  run(
    "a line with everything a shell knows",
    `.run("for i in 1 2 3; do echo \\"$i\\" '$i' \\\\$i; done > /f 2>&1; X=\`echo y\`; echo $X >> /f")`,
  ),
  run("several commands in one step", `.run(commands("mkdir /d", "cd /d", "pwd > here"))`),
  run("a script", `.run(script("set -u\\nfor i in a b; do\\n  echo $i >> /out\\ndone\\n"))`),
  run("a script of another shell", `.run(script("echo $0 > /out", { interpreter: "/bin/sh -x" }))`),
  run(
    "a script of another interpreter",
    `.run(script("BEGIN { print \\"awk\\" > \\"/out\\" }", { interpreter: "/bin/awk -f" }))`,
  ),
  run("another SHELL", `.shell(["/bin/sh", "-xc"]).run("echo x > /f")`),
  run("after a copied file", `.copy("run.sh", "/run.sh").run("/run.sh")`),
  run(
    "after a copied folder that it changes",
    `.copy("dir", "/dir/").run("rm /dir/one.txt; echo 3 > /dir/sub/three.txt")`,
  ),
  run(
    "before a copy over what it made",
    `.run("mkdir /dir; echo x > /dir/one.txt; echo y > /dir/keep").copy("dir", "/dir/")`,
  ),
  run("steps that build on each other", `.run("echo 1 > /n").run("echo 2 >> /n").run("echo 3 >> /n")`),
  run(
    "a file that one step makes and another removes",
    `.run("mkdir -p /x/y; echo 1 > /x/y/z").run("rm /x/y/z").run("rmdir /x/y")`,
  ),
  run("a removed folder of the base", `.run("rm -r /usr/share/doc")`),
  run("a removed link of the base", `.run("rm /var/lock")`),
  run(
    "a folder removed and made anew",
    `.run("rm -r /etc/example.d; mkdir /etc/example.d; echo n > /etc/example.d/new")`,
  ),
  run(
    "a folder made anew in a later step",
    `.run("rm -r /etc/example.d").run("mkdir /etc/example.d; echo n > /etc/example.d/new")`,
  ),
  run(
    "a folder in the place of a file",
    `.run("rm /etc/example.d/second.conf; mkdir /etc/example.d/second.conf; touch /etc/example.d/second.conf/x")`,
  ),
  run("a file in the place of a folder", `.run("rm -r /usr/share/doc; echo file > /usr/share/doc")`),
  run("a file in the place of a link", `.run("rm /var/lock; echo file > /var/lock")`),
  run("a link in the place of a folder", `.run("rm -r /usr/share/doc; ln -s /etc /usr/share/doc")`),
  run("a renamed file and folder", `.run("mv /etc/group /etc/groups; mv /usr/share/doc /usr/share/docs")`),
  run(
    "changed modes",
    `.run("chmod 4711 /usr/bin/passwd; chmod 1770 /tmp; chmod 600 /etc/passwd; chmod 0 /etc/example.d")`,
  ),
  run(
    "changed owners",
    `.run("chown -R node:staff /home/node; chown 12345:54321 /etc/passwd; chown -h 7:8 /var/lock")`,
  ),
  run("the owner and mode of the root folder", `.run("chmod 700 /; chown 1:2 /")`),
  run("a file that is touched only", `.run("touch /etc/passwd")`),
  run("a file changed in place", `.run("echo more >> /etc/group")`),
  run("one name of a file with two", `.run("echo x > /one; ln /one /two").run("echo y >> /one")`),
  run("hard links", `.run("echo x > /one; ln /one /two; mkdir /d; ln /one /d/three")`),
  run("a hard link to a file of the base", `.run("ln /etc/group /etc/group-too")`),
  run("symlinks of all kinds", `.run("ln -s /nowhere /a; ln -s ../../up /b; ln -s . /c; ln -s /c/c/c /d")`),
  run("devices, pipes and sockets", `.run("mknod /n c 1 3; mknod /b b 7 200; mkfifo /p; chmod 641 /n /b /p")`),
  run("names that are hard to say", `.run("touch '/a b' /'q\\"uo' '/new\\nline' /ünï '/ -dash' '/per%cent' '/star*'")`),
  run("names that are no text", `.run("touch /$(printf 'x\\\\377y')")`),
  run(
    "a long path",
    `.run("p=/; for i in $(seq 1 20); do p=$p/a-folder-with-a-long-name-$i; done; mkdir -p $p; touch $p/file")`,
  ),
  run("a file of no bytes and one of many", `.run("touch /empty; head -c 5000000 /dev/zero > /zeros")`),
  run("a sparse file", `.run("dd if=/dev/zero of=/sparse bs=1 count=1 seek=3000000 2>/dev/null")`),
  run("hundreds of files", `.run("mkdir /many; for i in $(seq 1 300); do echo $i > /many/$i; done")`),
  run("a user by name", `.user("node").run("id > /tmp/id; touch ~/mine; echo $HOME > /tmp/home")`),
  run("a user by number", `.user(1000).run("id -u > /tmp/id; id -g >> /tmp/id; id -G >> /tmp/id")`),
  run("a user and a group", `.user("node:staff").run("id > /tmp/id")`),
  run(
    "numbers that the image does not know",
    `.user("4242:2424").run("id -u > /tmp/id; id -g >> /tmp/id; id -G >> /tmp/id; echo $HOME >> /tmp/id")`,
  ),
  run("another user, and root again", `.user("www-data").run("touch /tmp/www").user("root").run("touch /root/root")`),
  run("a folder for later steps", `.workdir("/app").run("pwd > where").workdir("sub").run("pwd > where")`),
  run(
    "a folder of another user",
    `.user("node").workdir("/made").run("touch /made/x 2>/dev/null || touch /tmp/refused")`,
  ),
  run("variables of the image", `.env({ A: "1", B: "two words", PATH: "/bin:/extra" }).run("echo $A $B $PATH > /f")`),
  run("build arguments", `.arg("VERSION", "1.2").arg("EMPTY").run("echo $VERSION-$EMPTY-$OTHER > /f")`),
  run("a build argument under a variable", `.env({ A: "image" }).arg("A", "argument").run("echo $A > /f")`),
  run(
    "what its own environment is",
    `.run("env | grep '^HOME=\\\\|^PATH=\\\\|^HOSTNAME=\\\\|^USER=\\\\|^TERM=' | sort > /env")`,
  ),
  run("the name of the machine", `.run("hostname > /name; grep -c localhost /etc/hosts > /hosts")`),
  run("no network", `.run("ip -o link | grep -c . > /links", { network: "none" })`),
  run(
    "files of the context, mounted",
    `.run("cp /in/dir/one.txt /one; ls /in > /list; touch /in/x 2>/dev/null || touch /refused", { mounts: [bind("/in")] })`,
  ),
  run("a file of the context, mounted", `.run("cat /in/a > /b", { mounts: [bind("/in/a", { source: "a.txt" })] })`),
  run(
    "a folder of the context that may be written to",
    `.run("echo x > /in/new; cat /in/new > /out", { mounts: [bind("/in", { source: "dir", writable: true })] })`,
  ),
  run("files of an image, mounted", `.run("cp /from/etc/made /made", { mounts: [bind("/from", { from: other })] })`, {
    before: `const other = image().from("busybox").run("echo made > /etc/made");`,
  }),
  run(
    "a folder of an image, mounted",
    `.run("cat /from/* > /all", { mounts: [bind("/from", { from: other, source: "/out" })] })`,
    {
      before: `const other = image().from("busybox").run("mkdir /out; echo 1 > /out/a; echo 2 > /out/b; rm /etc/group");`,
    },
  ),
  run(
    "a cache that keeps what one step left",
    `.run("echo kept > /c/k", { mounts: [cache("/c", { id: "steps" })] }).run("cat /c/k > /k; ls -d /c", { mounts: [cache("/c", { id: "steps" })] })`,
  ),
  run(
    "a cache below a folder that is not there",
    `.run("touch /deep/down/here/x", { mounts: [cache("/deep/down/here")] })`,
  ),
  run(
    "a cache with an owner",
    `.user("node").run("touch /c/x && stat -c '%u %g %a' /c > /tmp/s", { mounts: [cache("/c", { uid: 1000, gid: 50, mode: 0o770 })] })`,
  ),
  run(
    "a cache that begins with files",
    `.run("cat /c/a > /a", { mounts: [cache("/c", { from: other, source: "/seed" })] })`,
    {
      before: `const other = image().from("busybox").run("mkdir /seed; echo seed > /seed/a");`,
    },
  ),
  run(
    "a folder in memory",
    `.run("echo x > /tmpfs/x; df /tmpfs | grep -c tmpfs > /is", { mounts: [tmpfs("/tmpfs")] })`,
  ),
  run(
    "a folder in memory over one that is there",
    `.run("ls -A /etc/example.d > /empty", { mounts: [tmpfs("/etc/example.d")] })`,
  ),
  run(
    "a secret that nobody gave",
    `.run("ls /run/secrets 2>/dev/null > /list || touch /none", { mounts: [secret("token")] })`,
  ),
  run(
    "stages that run beside each other",
    `.copy("/out", "/a", { from: one }).copy("/out", "/b", { from: two }).run("cat /a /b > /both")`,
    {
      before: `const one = image().from("busybox").run("echo 1 > /out");\nconst two = image().from("busybox").run("echo 2 > /out");`,
    },
  ),
  run("a folder of a stage with owners", `.copy("/out", "/in", { from: one })`, {
    before: `const one = image().from("busybox").run("mkdir -p /out/d; echo x > /out/d/f; chown -R node:staff /out; chmod 750 /out/d; ln -s d /out/l");`,
  }),
  run("a stage that another begins with", `.run("cat /begun > /ended")`, {
    definition: `image().from(base).run("cat /begun > /ended; rm /begun")`,
    before: `const base = image().from("busybox").env({ A: "b" }).workdir("/w").run("echo begun > /begun");`,
  }),
  run("everything of a stage, flattened", `.copy("/", "/", { from: one })`, {
    definition: `image().from("scratch").copy("/", "/", { from: one })`,
    before: `const one = image().from("busybox").run("rm -r /usr/share; mkdir /n; echo x > /n/f");`,
  }),
  run(
    "a copy with a name that a step made",
    `.run("echo 'app:x:77:88::/:/bin/sh' >> /etc/passwd").copy("a.txt", "/a", { chown: "app" })`,
  ),
  run(
    "settings between steps",
    `.run("touch /1").env({ X: "y" }).label({ l: "v" }).expose(80).run("touch /2").cmd(["sh"]).healthcheck(["true"])`,
  ),
  run("extended attributes of the base", `.run("mv /usr/bin/ping /usr/bin/pong")`),
  run(
    "what hides below mounts",
    `.run("mkdir -p /proc/x /dev/y 2>/dev/null; touch /dev/shm/z; echo w > /dev/null; touch /done")`,
  ),
  {
    name: "RUN: what the base wants to be done by those that stand on it",
    definition: `image().from("own-triggers").run("cat /w /t/b.txt > all").env({ LATER: "$W" })`,
    files: { "a.txt": "a\n", "b.txt": "b\n" },
  },
  {
    name: "RUN: triggers of an image of the same file, with files of another",
    before: `const lower = image().from("busybox").env({ E: "1" }).onbuild("ARG A=$E").onbuild("ENV F=$A$E")
  .onbuild("COPY --from=node:24-slim /etc/group /copied").onbuild("COPY --chown=5:6 dir /dir/").onbuild("USER 7")
  .onbuild("RUN id -u > /tmp/id; echo $A $F > /tmp/seen");
const upper = image().from(lower).onbuild('CMD ["later"]').run("cat /tmp/seen > /tmp/again");`,
    definition: `image().from(upper).copy("a.txt", "/a")`,
    files,
  },
];
