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
    "several sources without a slash",
    "COPY a.txt b.txt /x\nCOPY dir/one.txt dir/*.md /y\nCOPY dir dir/sub /z",
  ),
  onBusybox(
    "wildcards of all kinds",
    "COPY [ab].txt /1/\nCOPY d*/s*/t?ree.txt /2/\nCOPY [!a].txt* /3/\nCOPY *.none /4/\nCOPY dir/* /5/\nCOPY \\a.txt /6\nCOPY d[i-k]r /7",
  ),
  onBusybox("a name with a wildcard's characters", "COPY [[]x].txt /y\nCOPY q[?].txt /z", {
    files: { "[x].txt": "x\n", "q?.txt": "q\n" },
  }),
  onBusybox(
    "links in the context",
    "COPY dir /d\nCOPY to-dir /e\nCOPY to-file /f\nCOPY to-dir/one.txt /g\nCOPY dir/link /h/\nCOPY to-* /i/",
    { prepare: linked },
  ),
  onBusybox(
    "links of a stage",
    "RUN mkdir -p /o/d; echo 1 > /o/d/f; ln -s d /o/l; ln -s /o/d/f /o/abs; ln /o/d/f /o/hard\nFROM busybox\nCOPY --from=0 /o /a\nCOPY --from=0 /o/l /b\nCOPY --from=0 /o/abs /c\nCOPY --from=0 /o/l/f /o/hard /e/",
  ),
  onBusybox("modes and an empty folder", "COPY . /x/\nCOPY a.txt set dir/sub /y/\nCOPY empty /z\nCOPY dir /w", {
    prepare: moded,
  }),
  onBusybox("hard links in the context", "COPY . /x/\nCOPY dir /y/", {
    prepare: (context) => linkSync(join(context, "dir/one.txt"), join(context, "dir/hard")),
  }),
  onBusybox(
    "modes with parents that are not there",
    "COPY --chmod=711 a.txt /n/o/p\nCOPY --chown=33:44 dir /q/r/\nCOPY --chmod=4755 --chown=33 a.txt /s/\nCOPY --chmod=700 dir /t/u",
  ),
  onBusybox(
    "modes by letters",
    "COPY --chmod=u=rwX,g=rX,o= dir /a\nCOPY --chmod=+x a.txt /b\nCOPY --chmod=go-r,u+s a.txt /c\nCOPY --chmod=a=r dir/one.txt /d\nCOPY --chmod=u+x,g=u a.txt /e\nCOPY --chmod=0 a.txt /f",
  ),
  onBusybox(
    "owners that are not known",
    "COPY --chown=nobody-knows a.txt /a\nCOPY --chown=node:nobody-knows a.txt /b\nCOPY --chown=7 a.txt /c\nCOPY --chown=node: a.txt /d\nCOPY --chown=node dir /e",
  ),
  onBusybox(
    "owners where there is no list of users",
    "RUN rm /etc/passwd /etc/group\nCOPY --chown=node:staff a.txt /a\nCOPY --chown=3:4 a.txt /b\nCOPY --chown=5:staff a.txt /c",
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
  onBusybox(
    "one file twice, and again",
    "COPY a.txt /x/1\nCOPY a.txt /x/2\nCOPY --from=alpine /etc/group /x/3\nCOPY --from=alpine /etc/group /x/4\nFROM busybox\nCOPY --from=0 /x /y\n",
  ),
];
