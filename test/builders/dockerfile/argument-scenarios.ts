import { commonFiles, type DockerfileScenario, onBusybox, onScratch } from "./scenario.ts";

/** Variables and arguments: how they are written, where they hold, and what has a meaning of its own. */
export const argumentScenarios: readonly DockerfileScenario[] = [
  onScratch(
    "substitutions with patterns",
    "ENV p=a/b.c/d.c e=\nENV a=${p#*/} b=${p##*/} c=${p%.*} d=${p%%.*} f=${p#a?} g=${p/b*c/x} h=${p//?c/y} i=${p/\\//\\}} j=${p#[a]}",
  ),
  onScratch(
    "substitutions within substitutions",
    "ENV v=1 e=\nENV a=${n:-${m:-$v}} b=\"${n:-x y}\" c=${v:+${v}${v}} d=${e+set} f=${e:-'$v'} g=${n-a\\}b} h=${v:?no} i=${v?no}",
  ),
  onScratch("names of variables", "ENV 1=one a_1=x\nENV b=$a_1-$1a c=$10 d=${1} e=$@x f=$#y g=$-z h=$?! i=$*"),
  onScratch("quotes and escapes in values", 'ENV a=\'$x\\\' b="\\a\\$\\\\" c=a\\ b\\c d=\\\\ e=\'a\'"b"c f="it\'s"'),
  onScratch(
    "variables in settings",
    'ENV v=7 s=TERM p=80\nUSER $v:${v}\nSTOPSIGNAL SIG$s\nVOLUME /a$v ["x"]\nVOLUME ["/b$v"]\nLABEL l$v=${v}x "$v"=1\nEXPOSE ${p}/udp\nWORKDIR /w/$v\nMAINTAINER $v',
  ),
  onScratch(
    "variables that stay",
    'ENV v=7\nCMD $v "$v"\nENTRYPOINT ["$v"]\nHEALTHCHECK CMD ["$v"]\nSHELL ["$v"]\nONBUILD ENV a=$v',
  ),
  onBusybox(
    "variables in flags",
    "ENV o=33 m=640\nARG g=44\nCOPY --chown=$o:${g} --chmod=$m a.txt /a\nADD --chown=${o:-1} $n.. /d/\nCOPY --exclude=$m.txt dir /e/",
  ),
  onBusybox(
    "variables in mounts",
    "ENV t=/m s=dir i=one\nRUN --mount=type=bind,target=$t,source=${s} cp $t/one.txt /f\nRUN --mount=type=cache,id=$i,target=${t} ls $t > /l",
  ),
  onBusybox(
    "several ports from one variable",
    'ENV P="9 10/udp"\nEXPOSE $P 8\nEXPOSE 127.0.0.1:81:82 83:84/udp\nEXPOSE 5-7/SCTP',
  ),
  onScratch("arguments that see each other", "ARG A=1 B=${A}2 C=$B$D\nARG A=${A}3\nENV a=1\nENV a=2 b=$a c=$A$C"),
  {
    name: "an argument that is global, given, and defaulted",
    text: "ARG A=global\nARG B=global\nARG C=$A\nFROM scratch\nARG A\nARG B=own\nARG C\nARG D=own\nENV a=$A b=$B c=$C d=$D\n",
    buildArgs: { A: "given", D: "given", UNKNOWN: "given" },
  },
  onBusybox(
    "an argument after the variable of its name, in commands",
    "ENV X=env\nARG X=arg\nRUN echo $X > /1\nENV X=again\nRUN echo $X > /2\nARG X\nRUN echo $X > /3",
  ),
  onBusybox("an argument over the variable of the base", "ARG PATH=/bin:/usr/bin\nRUN echo $PATH > /p"),
  {
    name: "arguments of the stage below, in commands",
    files: commonFiles,
    text: "FROM busybox AS a\nARG X=1\nARG Y\nFROM a AS b\nARG Z=3\nRUN echo $X-$Y-$Z > /f\nFROM b\nRUN echo $X-$Y-$Z > /g\n",
    buildArgs: { Y: "2" },
  },
  onBusybox(
    "an argument twice, and one that is given as nothing",
    "ARG A=1\nARG A=2\nARG B=3\nRUN echo [$A] [$B] > /f",
    { buildArgs: { B: "" } },
  ),
  onBusybox("arguments with blanks and quotes", 'ARG A="x  y" B=\'$z\' C=a\\ b\nRUN echo "$A|$B|$C" > /f'),
  {
    name: "arguments of the platforms that are given",
    text: "ARG T=$TARGETARCH\nFROM scratch\nARG TARGETARCH\nARG BUILDARCH\nARG TARGETSTAGE\nARG T\nENV r=$TARGETARCH-$BUILDARCH-$TARGETSTAGE-$T\n",
    buildArgs: { TARGETARCH: "mine", TARGETSTAGE: "stage" },
  },
  {
    name: "all arguments of the platforms",
    text: "FROM scratch AS last\nARG BUILDPLATFORM BUILDOS BUILDOSVERSION BUILDARCH BUILDVARIANT\nARG TARGETPLATFORM TARGETOS TARGETOSVERSION TARGETARCH TARGETVARIANT TARGETSTAGE\nENV r=$BUILDPLATFORM,$BUILDOS,$BUILDOSVERSION,$BUILDARCH,$BUILDVARIANT,$TARGETPLATFORM,$TARGETOS,$TARGETOSVERSION,$TARGETARCH,$TARGETVARIANT,$TARGETSTAGE\n",
  },
  onBusybox(
    "a proxy that nobody declares",
    "RUN echo $HTTP_PROXY-$http_proxy-$no_proxy-$NO_PROXY-$ALL_PROXY > /p\nENV seen=$HTTP_PROXY",
    {
      buildArgs: { HTTP_PROXY: "http://proxy:1", no_proxy: "x,y", all_proxy: "a" },
    },
  ),
  onBusybox(
    "a proxy that is declared",
    "ARG HTTP_PROXY\nARG FTP_PROXY=own\nARG https_proxy\nENV seen=$HTTP_PROXY\nRUN echo $HTTP_PROXY-$http_proxy-$FTP_PROXY-$ftp_proxy-$HTTPS_PROXY > /p",
    {
      buildArgs: { HTTP_PROXY: "http://proxy:1", HTTPS_PROXY: "s" },
    },
  ),
  onBusybox(
    "a proxy that the file sets itself",
    "ENV HTTP_PROXY=file https_proxy=file\nRUN echo $HTTP_PROXY-$http_proxy-$HTTPS_PROXY-$https_proxy > /p",
    {
      buildArgs: { HTTP_PROXY: "given", HTTPS_PROXY: "given" },
    },
  ),
  onBusybox("the machine's name", "RUN hostname > /h; cat /proc/sys/kernel/hostname >> /h", {
    buildArgs: { BUILDKIT_SANDBOX_HOSTNAME: "mine" },
  }),
  onBusybox("caches under a name of their own", "RUN --mount=type=cache,target=/c echo x > /c/x; ls /c > /l", {
    buildArgs: { BUILDKIT_CACHE_MOUNT_NS: "mine" },
  }),
  onScratch(
    "arguments of the builder that the file sees",
    "ARG SOURCE_DATE_EPOCH\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nENV r=$SOURCE_DATE_EPOCH-$BUILDKIT_SBOM_SCAN_STAGE",
    { buildArgs: { SOURCE_DATE_EPOCH: "0" } },
  ),
];
