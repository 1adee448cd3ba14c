import { otherContent } from "../other-content.ts";

const symbols = ["is too old for chmod in symbols: its BuildKit knows modes as numbers only"];
const exclude = ["is too old for exclude: its BuildKit copies all that is below a folder"];
const parents = ["is too old for parents: true: its BuildKit copies all that is below a folder"];
const link = ["is too old for link: true: its BuildKit cannot lay layers over others"];
const variable = ["is too old for a secret in a variable: its BuildKit gives secrets as files only"];
const wholeRepository = ["is too old for a folder of a repository: its BuildKit takes the whole of it only"];
const left = (...paths: readonly string[]) => paths.map((path) => `${path}: only in the second image (directory 0755)`);

const rootNames = "1 bin dev etc home lib lib64 list proc root run sbin sys tmp usr var".split(" ");
const lines = (names: readonly string[]) => `${names.join("\n")}\n`;
/** What `id` says with the groups that a user is in besides its own, and with the own one too. */
const otherGroups = (path: string, user: string, besides: string, own: string) =>
  otherContent(path, `${user} groups=${besides}${own}\n`, besides === "" ? `${user}\n` : `${user} groups=${besides}\n`);
const node = "uid=1000(node) gid=1000(node)";

/** What the BuildKit within a Docker Engine 20.10 refuses or does otherwise, by the name of the Dockerfile. */
export const oldDockerDifferences: Readonly<Record<string, readonly string[]>> = {
  copies: link,
  "COPY with link": link,
  "flags that are true or false": link,
  "link beside links in the image": link,
  "archives with an owner and a mode": link,
  "COPY with chown, chmod and exclude": symbols,
  "chmod beside link": symbols,
  "modes by letters": symbols,
  "a wildcard and left-out files": exclude,
  "variables in flags": exclude,
  "files that are left out": exclude,
  "an archive among others, by a wildcard": exclude,
  "COPY with parents": parents,
  "parents with patterns": parents,
  "parents of a stage": parents,
  "secrets that nobody gave": variable,
  "secrets and agents that are not given": variable,
  "secrets that are given": variable,
  "mounts in all spellings": ["is too old for the size of a folder in memory: its BuildKit does not limit those"],
  "a repository with a checksum": ["is too old for a repository's checksum: its BuildKit does not look at commits"],
  "a repository at its branches, tags and commits": wholeRepository,
  "a repository with a query": wholeRepository,
  "a repository in another, and without it": wholeRepository,
  "a tag called as a branch, and a commit that is trusted": [
    "is too old for a repository's checksum: its BuildKit does not look at commits",
  ],
  "a repository's own folder by a query": [
    'failed to load cache key: repository does not contain ref master, output: ""',
  ],
  // Places that are made for mounts stay.
  "bind, cache and tmpfs mounts": left("/all", "/c", "/in", "/t"),
  "a mount from a stage": left("/m"),
  "a mount in quotes": left("/m"),
  "a cache with an owner, a mode and a beginning": left("/c"),
  "caches that are private and locked": left("/c"),
  "caches under a name of their own": left("/c"),
  "a cache whose name is its place": left("/p", "/w/place"),
  "a named context for copies and mounts": left("/m"),
  "variables in mounts": left("/m"),
  "an ignore file beside mounts and archives": left("/m"),
  "what a mount leaves of its place": [
    ...left("/etc/b"),
    ...otherContent("/list", lines(rootNames), lines([...rootNames, "new", "new2"].sort())),
    ...left("/new", "/new/deep", "/new/deep/t", "/new2", "/new2/c"),
  ],
  // Its commands are in the groups besides their own alone, which `id` shows.
  "USER by name, number and group": [
    ...otherGroups("/tmp/1", node, "50(staff),100(users)", ",1000(node)"),
    ...otherGroups("/tmp/3", "uid=33(www-data) gid=50(staff)", "", "50(staff)"),
  ],
  "a user without a group of its own": [
    ...otherGroups("/tmp/1", "uid=4711 gid=0(root)", "", "0(root)"),
    ...otherContent(
      "/tmp/2",
      "uid=33(www-data) gid=33(www-data) groups=33(www-data),100(users)\n",
      "uid=33(www-data) gid=33(www-data) groups=100(users)\n",
    ),
    ...otherContent(
      "/tmp/3",
      "uid=1000(node) gid=0(root) groups=0(root)\n/home/node\n",
      "uid=1000(node) gid=0(root)\n/home/node\n",
    ),
  ],
  // It knows no proxy for all protocols.
  "a proxy that nobody declares": otherContent(
    "/p",
    "http://proxy:1-http://proxy:1-x,y-x,y-a\n",
    "http://proxy:1-http://proxy:1-x,y-x,y-\n",
  ),
  // What is mounted to be read may be written.
  "a mount that may be written": [...left("/m"), "/no: only in the first image (file 0644)"],
  // The mode is that of what is in a copied folder, not of folders that are made for it; nothing gets a setuid bit.
  "flags that end": ['/x: mode "0600" ≠ "0755"'],
  "heredocs with flags": ['/l: mode "0750" ≠ "0755"'],
  "modes with parents that are not there": [
    '/n: mode "0711" ≠ "0755"',
    '/n/o: mode "0711" ≠ "0755"',
    '/s/a.txt: mode "4755" ≠ "0755"',
    '/t: mode "0700" ≠ "0755"',
    '/t/u: mode "0700" ≠ "0755"',
  ],
  "owners where there is no list of users": ["open /etc/passwd: no such file or directory"],
  // It has no zstd, and what it unpacks keeps its owners.
  "archives of all kinds": [
    "/all/a.txt: only in the first image (file 0644)",
    "/all/z.tar.zst: only in the second image (file 0644)",
  ],
  "downloads that are archives": [
    "/c/in: uid 3 ≠ 7",
    "/c/in: gid 4 ≠ 8",
    "/c/in/tar.txt: uid 3 ≠ 7",
    "/c/in/tar.txt: gid 4 ≠ 8",
  ],
};
