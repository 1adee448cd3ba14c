import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "./find-program.ts";
import { runOrThrow } from "./run-program.ts";

/** The user and group ids of `node` in every stand-in, as in the public Node.js image. */
export const nodeId = 1000;

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
node:x:1000:1000:node:/home/node:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false
`;

const group = `root:x:0:
daemon:x:1:
staff:x:50:node
www-data:x:33:
users:x:100:node,www-data
node:x:1000:
nogroup:x:65534:
`;

/**
 * Makes a small root file system around the static busybox: merged `/usr`, links in directory position, absolute
 * and relative, a hard link, a setuid file, a file capability, a sticky directory, owners other than root.
 */
export async function makeBusyboxRoot(root: string): Promise<void> {
  for (const folder of ["usr/bin", "usr/lib", "usr/lib64", "usr/share/doc/base", "etc/example.d", "var/www", "run"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ["dev", "proc", "sys", "var/lib/empty"]) mkdirSync(join(root, folder), { recursive: true });
  for (const [link, target] of Object.entries({
    bin: "usr/bin",
    sbin: "usr/bin",
    lib: "usr/lib",
    lib64: "usr/lib64",
    "var/run": "/run",
    "var/lock": "../run/lock",
    "usr/sbin": "bin",
  })) {
    symlinkSync(target, join(root, link));
  }
  makeFolder(root, "tmp", 0o1777);
  makeFolder(root, "var/tmp", 0o1777);
  makeFolder(root, "root", 0o700);
  makeFolder(root, "home/node", 0o750, nodeId);
  makeFile(root, "home/node/.profile", "umask 022\n", 0o640, nodeId);
  makeFile(root, "etc/passwd", passwd);
  makeFile(root, "etc/group", group);
  makeFile(root, "etc/shadow", "root:*::0:::::\n", 0o640);
  chownSync(join(root, "etc/shadow"), 0, 42);
  makeFile(root, "etc/example.d/first.conf", "first\n");
  makeFile(root, "usr/share/doc/base/README", "A stand-in for a public base image.\n");
  makeFile(root, "usr/share/doc/base/old", "The second layer removes this file.\n");
  makeFile(root, "usr/bin/passwd", "#!/bin/sh\nexit 0\n", 0o4755);
  makeFile(root, "usr/bin/ping", "#!/bin/sh\nexit 0\n", 0o755);
  // VFS_CAP_REVISION_2, effective, CAP_NET_RAW permitted (linux/capability.h).
  const capability = "0x0100000200200000000000000000000000000000";
  await runOrThrow("setfattr", ["-n", "security.capability", "-v", capability, join(root, "usr/bin/ping")]);
  await installBusybox(root);
}

/** Makes the changes of a second layer over it: a removed file, a replaced directory, a changed file, a new link. */
export async function makeBusyboxChanges(root: string): Promise<void> {
  makeFile(root, "usr/share/doc/base/.wh.old", "");
  makeFile(root, "etc/example.d/.wh..wh..opq", "");
  makeFile(root, "etc/example.d/second.conf", "second\n");
  makeFile(root, "etc/motd", "Welcome.\n", 0o644);
  linkSync(join(root, "etc/motd"), join(root, "etc/issue"));
  makeFile(root, `usr/share/${"long-folder-name/".repeat(9)}file`, "A name past the 100 bytes of a tar header.\n");
}

/** Makes the layer that turns the busybox root into a stand-in for Node.js: this process's `node` and its libraries. */
export async function makeNodeRoot(root: string): Promise<void> {
  copyInto(root, realpathSync(process.execPath), "usr/local/bin/node");
  symlinkSync("node", join(root, "usr/local/bin/nodejs"));
  const libraries = await runOrThrow("ldd", [process.execPath]);
  for (const [, path] of libraries.matchAll(/(?:=> |^\s*)(\/\S+) \(/gm)) {
    if (path !== undefined) copyInto(root, realpathSync(path), join("usr", path));
  }
  makeFile(root, "usr/local/bin/docker-entrypoint.sh", '#!/bin/sh\nset -e\nexec "$@"\n', 0o755);
}

/** Makes the layer of a stand-in for Go: a `go` whose `build -o FILE` writes a program that prints its own name. */
export async function makeGoRoot(root: string): Promise<void> {
  makeFolder(root, "go/src", 0o1777);
  makeFolder(root, "go/bin", 0o1777);
  makeFile(root, "usr/local/go/VERSION", "go1.24.0\n");
  const go = `#!/bin/sh
case "$1" in
version) echo "go version go1.24.0 linux/amd64" ;;
build)
  while [ $# -gt 0 ] && [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\necho "$0"\\n' > "$2" && chmod 755 "$2" ;;
esac
`;
  makeFile(root, "usr/local/go/bin/go", go, 0o755);
}

/** Makes a minimal Debian with mmdebstrap, from the package mirror this machine uses. */
export async function makeDebianRoot(tar: string): Promise<void> {
  const cleaning = ["rm -rf $1/var/cache/apt/* $1/var/lib/apt/lists/* $1/var/log/*", "chroot $1 ldconfig"];
  await runOrThrow(
    "mmdebstrap",
    ["--variant=minbase", "--quiet", ...cleaning.map((hook) => `--customize-hook=${hook}`), "bookworm", tar],
    { env: { SOURCE_DATE_EPOCH: "1700000000" } },
  );
}

async function installBusybox(root: string): Promise<void> {
  const program = findProgram("busybox") ?? "busybox";
  copyInto(root, realpathSync(program), "usr/bin/busybox");
  linkSync(join(root, "usr/bin/busybox"), join(root, "usr/bin/sh"));
  const applets = (await runOrThrow(program, ["--list"])).trim().split("\n");
  for (const applet of applets.filter((name) => !existsWithoutFollowing(join(root, "usr/bin", name)))) {
    symlinkSync("busybox", join(root, "usr/bin", applet));
  }
}

function copyInto(root: string, source: string, path: string): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}

function makeFolder(root: string, path: string, mode: number, owner = 0): void {
  mkdirSync(join(root, path), { recursive: true });
  chownSync(join(root, path), owner, owner);
  chmodSync(join(root, path), mode);
}

function makeFile(root: string, path: string, content: string, mode = 0o644, owner = 0): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chownSync(join(root, path), owner, owner);
  chmodSync(join(root, path), mode);
}

function existsWithoutFollowing(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
