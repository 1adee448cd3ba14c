import { commonFiles, type DockerfileScenario } from "./scenario.ts";

const stages = (name: string, text: string, more: Partial<DockerfileScenario> = {}): DockerfileScenario => ({
  name,
  text,
  files: commonFiles,
  ...more,
});

/** FROM: what a name stands for, what is inherited, and what is left out. */
export const stageScenarios: readonly DockerfileScenario[] = [
  stages(
    "stages of one name",
    "FROM busybox AS a\nRUN echo 1 > /1\nFROM a AS a\nRUN echo 2 > /2\nFROM busybox AS b\nCOPY --from=a / /all/\n",
  ),
  stages(
    "a stage called as an image",
    "FROM busybox AS alpine\nRUN echo mine > /mine\nFROM alpine\nRUN ls / > /list\n",
  ),
  stages("scratch with a platform", "FROM --platform=linux/arm64 scratch\nCOPY a.txt /\n"),
  stages("an image of another platform", "FROM --platform=linux/arm64 busybox\nCOPY a.txt /\nENV a=1\n"),
  stages(
    "the builder's platform",
    "FROM --platform=$BUILDPLATFORM busybox AS a\nRUN echo 1 > /1\nFROM busybox\nCOPY --from=a /1 /2\n",
  ),
  stages(
    "what a base leaves",
    'FROM node:24-slim\nCMD ["x"]\nFROM node:24-slim\nENV NODE_ENV=test\nRUN echo $NODE_VERSION > /dev/null; echo $NODE_ENV > /e\n',
  ),
  stages("an entry point that drops the command of the base", 'FROM node:24-slim\nENTRYPOINT ["x"]\n'),
  stages("an entry point after a command of its own", 'FROM node:24-slim\nCMD ["y"]\nENTRYPOINT ["x"]\n'),
  stages(
    "an entry point that drops the command of a stage, but not its own",
    'FROM busybox AS a\nCMD ["y"]\nFROM a AS b\nENTRYPOINT ["x"]\nCMD z\nFROM b\nENTRYPOINT []\n',
  ),
  stages("the folder of the base", "FROM golang:1.24\nRUN pwd > here\nCOPY a.txt .\nWORKDIR src\n"),
  stages(
    "what a stage leaves",
    'FROM busybox AS a\nUSER node\nWORKDIR /w\nSHELL ["/bin/sh", "-ec"]\nLABEL a=1\nVOLUME /v\nEXPOSE 1\nSTOPSIGNAL 3\nHEALTHCHECK CMD h\nENV e=1\nMAINTAINER m\nFROM a\nRUN id -un > f\nLABEL a=2\nHEALTHCHECK NONE\nCMD c\n',
  ),
  stages("a stage that is a copy of an image", "FROM busybox AS a\nFROM a AS b\nFROM b\n"),
  stages(
    "triggers of triggers' stages",
    "FROM busybox AS a\nONBUILD ENV one=1\nONBUILD RUN echo $one > /one\nFROM a AS b\nONBUILD COPY --from=c /c /c\nFROM scratch AS c\nCOPY a.txt /c\nFROM b\nRUN ls / > /list\n",
  ),
  stages(
    "triggers of all kinds",
    'FROM busybox AS a\nONBUILD ARG A=1\nONBUILD WORKDIR /w\nONBUILD ADD b.txt .\nONBUILD USER node\nONBUILD LABEL l=$A\nONBUILD CMD ["c"]\nONBUILD EXPOSE 80\nFROM a\nRUN echo $A > /tmp/a\n',
  ),
  stages(
    "global arguments in all parts of FROM",
    "ARG IMAGE=busy\nARG TAG=latest\nARG P=linux/amd64\nFROM --platform=$P ${IMAGE}box:${TAG:-x} AS a\nFROM ${NONE:-a} AS b\nRUN echo 1 > /1\n",
  ),
  stages("a named context in the place of an image", "FROM outside\nCOPY a.txt /x\n", {
    contexts: { outside: { "base.txt": "base\n", "d/e.sh": "#!/bin/sh\n" } },
  }),
  stages(
    "a named context in the place of a stage",
    "FROM busybox AS mine\nRUN false\nFROM busybox\nCOPY --from=mine /c /d\n",
    {
      contexts: { mine: { c: "context\n" } },
    },
  ),
  stages(
    "a named context for copies and mounts",
    "FROM busybox\nCOPY --from=lib /x /y/ \nCOPY --from=lib --chown=33 . /all/\nRUN --mount=from=lib,target=/m cat /m/x/1 > /one\n",
    {
      contexts: { lib: { "x/1": "1\n", "x/2": "2\n", ".dockerignore": "**/2\n" } },
    },
  ),
  stages("a named context as the only layer", "FROM lib\n", { contexts: { lib: { f: "1\n" } } }),
  stages(
    "a target before stages that fail",
    "FROM busybox AS a\nRUN echo 1 > /1\nFROM a AS b\nRUN false\nFROM nowhere.invalid/x\nRUN false\n",
    { target: "a" },
  ),
  stages(
    "mistakes in a stage that nobody needs, which are not looked at",
    "FROM busybox AS unneeded\nRUN --mount=type=cach,tarot=/x y\nONBUILD COPY --form=a a b\nCOPY nothing /x\nENV a=${b:?no}\nSTOPSIGNAL nothing\nFROM busybox\nENV a=1\n",
  ),
  stages("a base with triggers", "FROM own-triggers\nRUN ls -R /t > list; pwd > here\nCMD c\n"),
  stages("a base with triggers, under a stage", "FROM own-triggers AS a\nFROM a\nRUN ls / > list\n"),
  stages("a base without layers", "FROM own-empty\nENV b=$a\nCOPY a.txt /\n"),
  stages("a base without layers, alone", "FROM own-empty\n"),
  stages("a base with every setting", 'FROM own-full\nRUN id -un > f\nWORKDIR y\nENTRYPOINT ["z"]\nLABEL b=3\n'),
  stages("a base with every setting, alone", "FROM own-full\n"),
];
