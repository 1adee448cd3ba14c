import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DockerfileScenario, onBusybox } from "./scenario.ts";

const linked = (context: string): void => {
  symlinkSync("one.txt", join(context, "dir/link"));
  symlinkSync("dir", join(context, "to-dir"));
  symlinkSync("a.txt", join(context, "to-file"));
  symlinkSync("/nowhere", join(context, "dir/broken"));
};

const moded = (context: string): void => {
  chmodSync(join(context, "a.txt"), 0o640);
  chmodSync(join(context, "dir/sub"), 0o711);
  chmodSync(join(context, "dir"), 0o2770);
  writeFileSync(join(context, "set"), "s", { mode: 0o644 });
  chmodSync(join(context, "set"), 0o4755);
  utimesSync(join(context, "a.txt"), 1e9, 1e9);
  mkdirSync(join(context, "empty"));
};

/** COPY: how sources are chosen, where they go, and what they become. */
export const copyScenarios: readonly DockerfileScenario[] = [
  onBusybox(
    "paths that lead out of the context",
    "COPY /a.txt ../x/\nCOPY ../../b.txt /y\nCOPY ./dir/../dir/one.txt ./z/",
  ),
  onBusybox(
    "wildcards of all kinds",
    "COPY [ab].txt /1/\nCOPY d*/s*/t?ree.txt /2/\nCOPY [!a].txt* /3/\nCOPY *.none /4/\nCOPY dir/* /5/\nCOPY \\a.txt /6\nCOPY d[i-k]r /7",
  ),
  onBusybox(
    "links in the context",
    "COPY dir /d\nCOPY to-dir /e\nCOPY to-file /f\nCOPY to-dir/one.txt /g\nCOPY dir/link /h/\nCOPY to-* /i/",
    { prepare: linked },
  ),
  onBusybox("modes and an empty folder", "COPY . /x/\nCOPY a.txt set dir/sub /y/\nCOPY empty /z\nCOPY dir /w", {
    prepare: moded,
  }),
  onBusybox(
    "modes by letters",
    "COPY --chmod=u=rwX,g=rX,o= dir /a\nCOPY --chmod=+x a.txt /b\nCOPY --chmod=go-r,u+s a.txt /c\nCOPY --chmod=a=r dir/one.txt /d\nCOPY --chmod=u+x,g=u a.txt /e\nCOPY --chmod=0 a.txt /f",
  ),
  onBusybox(
    "owners of a stage",
    "RUN mkdir /o; echo 1 > /o/f; chown -R 7:8 /o; chmod 750 /o\nFROM busybox\nCOPY --from=0 /o /a\nCOPY --from=0 /o/f /b\nCOPY --from=0 --chown=9 /o /c\nCOPY --from=0 /o/f /x/y/",
  ),
  onBusybox(
    "a folder onto one that is there",
    "RUN mkdir -p /x/sub; chmod 700 /x /x/sub; chown 7 /x /x/sub\nCOPY dir /x\nCOPY dir/ /x/sub/",
  ),
  onBusybox(
    "a folder through a link, and a link that is replaced",
    "RUN mkdir /real; ln -s /real /l; ln -s /real/f /m\nCOPY dir /l\nCOPY a.txt /m\nCOPY a.txt /l/f2",
  ),
  onBusybox(
    "link beside links in the image",
    "RUN mkdir /real; ln -s /real /l\nCOPY --link a.txt /k/\nCOPY --link --chown=3:4 dir /d/\nCOPY --link --from=busybox /etc/passwd /p\nCOPY --link=true a.txt b.txt /m/",
  ),
  onBusybox(
    "files that are left out",
    "COPY --exclude=dir/*.md --exclude=**/three.txt . /a/\nCOPY --exclude=* --exclude=!one.txt dir /b/\nCOPY --exclude=one.txt dir/*.txt dir /c/\nCOPY --exclude=sub dir /d",
  ),
  onBusybox(
    "parents with patterns",
    "COPY --parents **/*.txt /a/\nCOPY --parents ./dir/./*/*.txt a.txt /b/\nCOPY --parents dir /c/\nCOPY --parents --exclude=**/*.md dir/ /d/\nCOPY --parents --chown=33:44 --chmod=750 dir/sub /e/",
  ),
  onBusybox(
    "parents of a stage",
    "RUN mkdir -p /o/p; echo 1 > /o/p/f; chown -R 7:8 /o\nFROM busybox\nCOPY --parents --from=0 /o/p/f /a/\nCOPY --parents --from=0 /o/./p /b/",
  ),
  onBusybox(
    "the whole context, and destinations that are folders",
    "WORKDIR /w\nCOPY . .\nCOPY a.txt ./\nCOPY a.txt ..\nCOPY dir/sub ../v/.\nCOPY a.txt /w",
  ),
  onBusybox(
    "from a stage by its number and by its name in capitals",
    "RUN echo 1 > /1\nFROM busybox AS Mid\nCOPY --from=0 /1 /2\nFROM busybox\nCOPY --from=MID /2 /3\nCOPY --from=1 /2 /4\nCOPY --from=alpine /etc/group /5",
  ),
  onBusybox("a copy that changes nothing", "COPY a.txt /x\nCOPY a.txt /x\nCOPY *.none /x/"),
];
