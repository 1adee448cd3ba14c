import { type DockerfileScenario, onBusybox } from "./scenario.ts";

const files = {
  "a.txt": "a\n",
  "b.md": "b\n",
  "node_modules/x.js": "x\n",
  "dir/node_modules/y.js": "y\n",
  "dir/sub/c.txt": "c\n",
  "dir/sub/keep/d.md": "d\n",
  "dir/e f.txt": "e\n",
  "#hash": "h\n",
  "!bang": "b\n",
};

const ignoring = (name: string, lines: string, more: Readonly<Record<string, string>> = {}): DockerfileScenario =>
  onBusybox(name, "COPY . /ctx/", { files: { ...files, ".dockerignore": lines, ...more } });

/** Ignore files: where they are, how they are written, and what their patterns mean. */
export const ignoreScenarios: readonly DockerfileScenario[] = [
  ignoring("patterns that hold at the root only", "node_modules\n*.txt\n/b.md\n"),
  ignoring("patterns at any depth", "**/node_modules\n**/*.txt\n"),
  ignoring("patterns that take back", "dir\n!dir/sub/keep\n!**/node_modules/y.js\n"),
  ignoring("patterns of which the last counts", "*\n!dir\ndir/sub\n!dir/sub/c.txt\ndir/sub/c*\n!a.txt\n"),
  ignoring(
    "patterns with classes, blanks and escapes",
    "\ufeff# comment\n  b.md  \n\n[!b].txt\n\\#hash\n\\!bang\ndir/e?f.txt\ndir/sub/../node_modules/\n./dir/sub/keep/.\n",
  ),
  ignoring("everything below a folder", "dir/**\n!dir/sub/c.txt\n"),
  ignoring("the ignore file of the Dockerfile", "a.txt\n", { "Dockerfile.dockerignore": "b.md\nDockerfile*\n" }),
  ignoring("files of the build that are left out", "Dockerfile\n.dockerignore\n*.md\n"),
  onBusybox(
    "an ignore file beside mounts and archives",
    "RUN --mount=target=/m find /m -type f | sort > /l\nADD dir /d/\nADD *.md /e/",
    {
      files: { ...files, ".dockerignore": "dir/sub\nnode_modules\nb.*\n" },
    },
  ),
  onBusybox("the ignore file of a Dockerfile of another name", "COPY . /ctx/", {
    files: { ...files, ".dockerignore": "a.txt\n", "build/Other.dockerfile.dockerignore": "**/*.js\nbuild\n" },
    dockerfile: "build/Other.dockerfile",
  }),
  onBusybox("the ignore file of a named context", "COPY --from=lib . /lib/\nCOPY . /ctx/", {
    files: { ...files, ".dockerignore": "*.md\n" },
    contexts: { lib: { "a.md": "a\n", "b.txt": "b\n", ".dockerignore": "b.txt\n" } },
  }),
];
