import { join } from "node:path";
import { runOrThrow } from "../../support/run-program.ts";
import { type DockerfileScenario, onBusybox } from "./scenario.ts";

const packed = async (context: string): Promise<void> => {
  const tar = (...args: string[]): Promise<string> =>
    runOrThrow("tar", ["-C", context, "--owner=7", "--group=8", "--mtime=@1000", "--sort=name", ...args]);
  await tar("-cf", join(context, "plain.tar"), "dir");
  await tar("-czf", join(context, "small.data"), "dir", "a.txt");
  await tar("-cJf", join(context, "x.tar.xz"), "dir/sub");
  await tar("-cjf", join(context, "b.tar.bz2"), "b.txt");
  await tar("--zstd", "-cf", join(context, "z.tar.zst"), "a.txt");
  await runOrThrow("gzip", ["-kn", join(context, "a.txt")]);
};

/** ADD: archives, downloads, and what it shares with COPY. */
export const addScenarios: readonly DockerfileScenario[] = [
  onBusybox("archives of all kinds", "ADD plain.tar /p/\nADD small.data /g\nADD x.tar.xz b.tar.bz2 z.tar.zst /all/", {
    prepare: packed,
  }),
  onBusybox(
    "archives that are kept, and such as are none",
    "ADD --unpack=false plain.tar /p/\nADD a.txt.gz /q/\nADD dir/ /r/\nCOPY plain.tar /s/",
    { prepare: packed },
  ),
  onBusybox(
    "archives with an owner and a mode",
    "ADD --chown=33:44 plain.tar /p/\nADD --chmod=750 small.data /g/\nADD --link plain.tar /l/",
    { prepare: packed },
  ),
  onBusybox("an archive among others, by a wildcard", "ADD *.tar a.txt /p/\nADD --exclude=*.md dir /d/", {
    prepare: packed,
  }),
  onBusybox(
    "an archive over what is there",
    "RUN mkdir -p /p/dir; echo old > /p/dir/one.txt; chmod 700 /p/dir; ln -s /tmp /p/away\nADD plain.tar /p",
    { prepare: packed },
  ),
  onBusybox(
    "downloads",
    "ARG SITE\nADD $SITE/f.txt /a/\nADD $SITE/f.txt /b\nADD --chmod=755 --chown=33 ${SITE}/d/f.txt?q=1 /c/\nADD $SITE/f.txt $SITE/g.txt a.txt /e/",
    { site: true },
  ),
  onBusybox(
    "a download with a checksum",
    "ARG SITE\nADD --checksum=sha256:092fcfbbcfca3b5be7ae1b5e58538e92c35ab273ae13664fed0d67484c8e78a6 $SITE/f.txt /a/",
    { site: true },
  ),
  onBusybox(
    "downloads that are archives",
    "ARG SITE\nADD $SITE/t.tar /a/\nADD --unpack $SITE/t.tar /b/\nADD --unpack=true --chown=3:4 $SITE/t.tar /c/",
    { site: true },
  ),
  onBusybox("a link in the image where files are added", "RUN mkdir /real; ln -s /real /l\nADD a.txt /l/\nADD dir /l"),
  onBusybox(
    "a checksum in a variable",
    "ARG SITE\nARG SUM=092fcfbbcfca3b5be7ae1b5e58538e92c35ab273ae13664fed0d67484c8e78a6\nADD --checksum=sha256:$SUM $SITE/f.txt /a",
    { site: true },
  ),
  onBusybox(
    "a repository at its branches, tags and commits",
    "ARG REPO\nARG COMMIT\nADD $REPO /a\nADD $REPO#v1 /b/\nADD $REPO#other:sub /c\nADD --chown=33:44 --chmod=750 $REPO#$COMMIT /d",
    { site: true },
  ),
  onBusybox(
    "a repository with its own folder",
    "ARG REPO\nADD --keep-git-dir=true $REPO#other /a\nRUN ls -d /a/.git > /kept && rm -r /a/.git",
    { site: true },
  ),
  onBusybox("a repository with a checksum", "ARG REPO\nARG COMMIT\nADD --checksum=$COMMIT $REPO#v1 /a", { site: true }),
  onBusybox(
    "a repository with a query",
    "ARG REPO\nARG COMMIT\nADD $REPO?branch=other&subdir=sub /a/\nADD $REPO?tag=v1&commit=$COMMIT /b\nADD $REPO?ref=main&submodules=false /c",
    { site: true },
  ),
  onBusybox(
    "a repository in another, and without it",
    "ARG REPO\nADD $REPO#modules /a\nADD $REPO?branch=modules&submodules=false /b\nADD $REPO?ref=modules&subdir=mod /c",
    { site: true },
  ),
  onBusybox(
    "a tag called as a branch, and a commit that is trusted",
    "ARG REPO\nARG COMMIT\nADD $REPO#main /a\nADD $REPO?tag=main&submodules=0 /b\nADD $REPO?ref=main&checksum=$COMMIT&fetch-by-commit=1 /c\nADD $REPO?mtime=commit&subdir=/../sub /d",
    { site: true },
  ),
  onBusybox(
    "a repository's own folder by a query",
    "ARG REPO\nADD $REPO?keep-git-dir=true /a\nRUN ls -d /a/.git > /kept && rm -r /a/.git",
    { site: true },
  ),
];
