import { otherContent } from "./other-content.ts";

const symbols = ["is too old for chmod in symbols: its BuildKit knows modes as numbers only"];
const exclude = ["is too old for exclude: its BuildKit copies all that is below a folder"];
const parents = ["is too old for parents: true: its BuildKit copies all that is below a folder"];
const left = (...paths: readonly string[]) => paths.map((path) => `${path}: only in the second image (directory 0755)`);

/** What the BuildKit within a Docker Engine 20.10 refuses or does otherwise, by the name of the scenario. */
export const oldDockerDifferences: Readonly<Record<string, readonly string[]>> = {
  link: ["is too old for link: true: its BuildKit cannot lay layers over others"],
  "chmod in symbols": symbols,
  "folders on both sides take the later mode and owner": symbols,
  "another image's files": symbols,
  "exclude what is named": exclude,
  "exclude a pattern": exclude,
  "exclude a folder": exclude,
  "exclude with an exception": exclude,
  "exclude from a wildcard": exclude,
  parents,
  "parents from a pivot": parents,
  "parents of a deep pattern": parents,
  "chosen by globs: less some": [
    "is too old for files() that leaves some out: its BuildKit copies all that is below a folder",
  ],
  // It gives the mode to what is in a copied folder, and not to the folder that it makes for that.
  "chmod in octal": ['/x: mode "0640" ≠ "0755"'],
  // Places that are made for mounts stay.
  "RUN: files of the context, mounted": left("/in"),
  "RUN: a file of the context, mounted": left("/in"),
  "RUN: a folder of the context that may be written to": left("/in"),
  "RUN: files of an image, mounted": left("/from"),
  "RUN: a folder of an image, mounted": left("/from"),
  "RUN: a cache that keeps what one step left": left("/c"),
  "RUN: a cache below a folder that is not there": left("/deep", "/deep/down", "/deep/down/here"),
  // A umask takes rights away from the folder that a cache begins with.
  "RUN: a cache with an owner": [...left("/c"), ...otherContent("/tmp/s", "1000 50 770\n", "1000 50 750\n")],
  "RUN: a cache that begins with files": left("/c"),
  "RUN: a folder in memory": left("/tmpfs"),
  // Its commands are in the groups besides their own alone, which `id` shows.
  "RUN: a user by name": otherContent(
    "/tmp/id",
    "uid=1000(node) gid=1000(node) groups=50(staff),100(users),1000(node)\n",
    "uid=1000(node) gid=1000(node) groups=50(staff),100(users)\n",
  ),
  "RUN: a user and a group": otherContent(
    "/tmp/id",
    "uid=1000(node) gid=50(staff) groups=50(staff)\n",
    "uid=1000(node) gid=50(staff)\n",
  ),
  "RUN: a hard link to a file of the base": [],
};
