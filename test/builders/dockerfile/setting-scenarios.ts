import { type DockerfileScenario, onBusybox, onScratch } from "./scenario.ts";

/** The instructions that change the config, and what the history says of them. */
export const settingScenarios: readonly DockerfileScenario[] = [
  onScratch("a variable that keeps its place", "ENV a=1 b=2\nENV c=3 a=4\nENV PATH=/x:$PATH\nENV b="),
  onScratch(
    "labels with characters of markup",
    'LABEL a="<b> & \'c\'" d="e\\\nf" g="\\u00e9 é"\nLABEL com.example.x=1',
  ),
  onScratch("ports with protocols and ranges", "EXPOSE 80/tcp 80/UDP 443/sctp 7000-7002 9\nEXPOSE 100 20 3"),
  onScratch("signals by name and number", "STOPSIGNAL term\nSTOPSIGNAL RTMIN+1\nSTOPSIGNAL SIGUSR1"),
  onScratch("volumes with blanks and twice", 'VOLUME  /a   /b\nVOLUME ["/a", " /c "]\nVOLUME relative /x/../y'),
  onScratch(
    "shells for each command",
    'CMD a\nSHELL ["x", "-y"]\nENTRYPOINT b "c"\nSHELL ["z"]\nHEALTHCHECK --retries=0 CMD d e',
  ),
  onScratch(
    "a health check in all its options",
    'HEALTHCHECK --interval=1h2m3.5s --timeout=0 --start-period=1m --start-interval=100ms --retries=2 CMD a  b\nHEALTHCHECK --interval=5s CMD ["x"]',
  ),
  onScratch("a health check that is switched off and on", 'HEALTHCHECK CMD a\nHEALTHCHECK none\nHEALTHCHECK cmd ["b"]'),
  onScratch("the last of several commands", 'CMD a\nCMD ["b", "c"]\nENTRYPOINT x\nENTRYPOINT ["y"]\nCMD'),
  onScratch("a maintainer twice", 'MAINTAINER a <b@c>\nMAINTAINER  "d"  e'),
  onScratch(
    "triggers as they are written",
    'ONBUILD  run  a && \\\n   # comment\n   b\nONBUILD COPY --chown=1 a  b /x\nONBUILD CMD [ "a" ]\nONBUILD ENV a=$b',
  ),
  onBusybox(
    "folders of users, in folders that are there",
    "RUN mkdir -p /h/there; chown 7 /h\nUSER node\nWORKDIR /h/there\nWORKDIR deep/er\nUSER 33:44\nWORKDIR /h/other",
  ),
  onBusybox(
    "a folder of a user that is not known",
    "USER nobody-knows\nWORKDIR /h/third\nUSER node:nobody-knows\nWORKDIR /h/fourth\nUSER 0",
  ),
  onBusybox(
    "folders with blanks, slashes and dots",
    'WORKDIR /a b/c/\nWORKDIR ./d/./e/..\nWORKDIR /x//y\nWORKDIR "/q r"\nRUN pwd > here\nWORKDIR /',
  ),
  onBusybox("a folder through a link", "RUN mkdir /real; ln -s /real /l\nWORKDIR /l/sub\nRUN pwd -P > here"),
  onBusybox(
    "files in a volume",
    "VOLUME /v\nRUN echo 1 > /v/1 2>/dev/null || mkdir /v && echo 2 > /v/2\nCOPY a.txt /v/",
  ),
];
