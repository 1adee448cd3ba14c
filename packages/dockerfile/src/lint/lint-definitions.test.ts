import { readFileSync } from "node:fs";
import { cache, files, type Image, image, likeDocker, script } from "@strake/core";
import type { ImageConfig } from "@strake/oci/document";
import { expect, test } from "vitest";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { lintDefinitions } from "./lint-definitions.ts";
import { lintDockerfile } from "./lint-dockerfile.ts";
import type { Surroundings } from "./linted-images.ts";
import type { Rule } from "./rule.ts";
import { rules } from "./rules.ts";

const sourceOf = (file: string) => readFileSync(file, "utf8");
const ignoreOf = () => ({ patterns: ["dist"], ignores: (path: string) => path === "dist" || path.startsWith("dist/") });
const basePlatform = () => ({ offered: "linux/arm64", wanted: "linux/amd64" });
const baseConfig = (): ImageConfig => ({
  os: "linux",
  architecture: "arm64",
  rootfs: { type: "layers", diff_ids: [] },
});

function inCode(images: Readonly<Record<string, Image>>, options: Surroundings = {}): readonly string[] {
  const targets = Object.entries(images).map(([name, { definition }]) => ({ name, definition }));
  return lintDefinitions(targets, { sourceOf, ...options }).map(({ rule }) => rule);
}

function inDockerfile(text: string, options: Surroundings = {}): readonly string[] {
  const tree = parseDockerfile(text, { file: "/Dockerfile" });
  return lintDockerfile(tree, {
    context: "/",
    ...options,
    ...(options.basePlatform === undefined ? {} : { baseConfig }),
  }).map(({ rule }) => rule);
}

const debian = image().from("debian:13");
const pinned = `debian@sha256:${"a".repeat(64)}`;
const scratch = image().from("scratch");

type Pair = [string, Image, readonly string[], Surroundings?];

function ran(command: string, expected: readonly string[] = []): Pair {
  return [`RUN ${command}`, debian.run(command), expected];
}

const pairs: Pair[] = [
  ["FROM debian", image().from("debian"), ["UntaggedBase"]],
  ["FROM debian:latest", image().from("debian:latest"), ["LatestBase"]],
  [`FROM ${pinned}`, image().from(pinned), []],
  ["RUN cd /x && make", debian.run("cd /x && make"), ["CdInsteadOfWorkdir"]],
  ["RUN sudo make", debian.run("sudo make"), ["SudoInRun"]],
  ["RUN apt update", debian.run("apt update"), ["AptInsteadOfAptGet"]],
  [
    "RUN apt-get install gcc",
    debian.run("apt-get install gcc"),
    ["AptRecommends", "AptListsKept", "UnpinnedAptPackage", "AptAsksQuestions"],
  ],
  ran("apk add --no-cache curl", ["UnpinnedApkPackage"]),
  ran("apk add -t deps curl=1", ["ApkCacheKept"]),
  ran("apk add curl=1 && rm -r /var/cache/apk/*"),
  ran("pip install -r a x==1", ["PipCacheKept"]),
  ran("pip install --no-cache-dir x", ["UnpinnedPipPackage"]),
  ["ENV PIP_NO_CACHE_DIR=1\nRUN pip install x==1", debian.env({ PIP_NO_CACHE_DIR: "1" }).run("pip install x==1"), []],
  ran("yum install -y gcc-c++", ["UnpinnedYumPackage", "YumCacheKept"]),
  ran("yum install gcc-12.1 && yum clean all", ["YumAsksQuestions"]),
  ran("dnf install -qy a b-1 && dnf -y clean all", ["UnpinnedDnfPackage"]),
  ran("microdnf install ./x.rpm", ["DnfAsksQuestions", "DnfCacheKept"]),
  [
    "RUN --mount=type=cache,target=/var/cache/dnf dnf install -y a-1",
    debian.run("dnf install -y a-1", { mounts: [cache("/var/cache/dnf")] }),
    [],
  ],
  ran("zypper -n install a && zypper clean", ["UnpinnedZypperPackage"]),
  ran("zypper install a=1", ["ZypperAsksQuestions", "ZypperCacheKept"]),
  ran("zypper -n dist-upgrade", ["ZypperDistUpgrade"]),
  ran("yarn install --frozen-lockfile", ["YarnCacheKept"]),
  ran("yarn install && yarn cache clean"),
  ran("gem install rails", ["UnpinnedGemPackage"]),
  ran("gem install rails:8 && gem install rake -v 13"),
  ran("go install example.com/a/b", ["UnpinnedGoPackage"]),
  ran("go install example.com/a/b@v1 && go install ./..."),
  ran("service nginx start", ["MachineCommand"]),
  ran("useradd -m -u 1000000 me", ["LongUserId"]),
  ran("useradd -l --uid=1000000 me && useradd -u 1000 you"),
  ran("wget https://x.y/z", ["WgetProgress"]),
  ran("wget -qO- https://x.y/z"),
  ran("ln -sf /bin/bash /bin/sh", ["ShellByLink"]),
  [
    "RUN wget -q https://x.y/z\nUSER 1\nRUN curl -O https://x.y/z",
    debian.run("wget -q https://x.y/z").user("1").run("curl -O https://x.y/z"),
    ["WgetAndCurl"],
  ],
  [
    "COPY a.tar.gz /tmp/\nRUN tar -xzf /tmp/a.tar.gz -C /opt",
    debian.copy("a.tar.gz", "/tmp/").run("tar -xzf /tmp/a.tar.gz -C /opt"),
    ["CopiedArchive"],
  ],
  ["COPY a.tar.gz /tmp/\nRUN tar tf a.tar.gz", debian.copy("a.tar.gz", "/tmp/").run("tar tf a.tar.gz"), []],
  ["COPY a b /c", debian.copy(["a", "b"], "/c", likeDocker), ["SeveralCopySources"]],
  ["RUN npm install -g x@1 .", debian.run("npm install -g x@1 ."), []],
  ["RUN npm i -g x", debian.run("npm i -g x"), ["UnpinnedNpmPackage"]],
  ["RUN a\nRUN b", debian.run("a").run("b"), ["ConsecutiveRun"]],
  ["RUN a | b", debian.run("a | b"), ["PipeWithoutPipefail"]],
  ["RUN echo 1 | sha256sum -c", debian.run("echo 1 | sha256sum -c"), []],
  ["RUN case $A in a|b) c ;; d | e) f;; esac", debian.run("case $A in a|b) c ;; d | e) f;; esac"), []],
  ["RUN (a | b)", debian.run("(a | b)"), ["PipeWithoutPipefail"]],
  ["RUN python3 <<E && b\nc | d\nE", debian.run("python3 <<E && b\nc | d\nE"), []],
  ["RUN bash <<E\nc | d\nE", debian.run("bash <<E\nc | d\nE"), ["PipeWithoutPipefail"]],
  ["WORKDIR C:/x", debian.workdir("C:/x"), []],
  ['SHELL ["pwsh", "-c"]\nRUN a | b', debian.shell(["pwsh", "-c"]).run("a | b"), []],
  ["RUN <<EOF\n#!/usr/bin/python3\na | b\nEOF", debian.run(script("a | b", { interpreter: "/usr/bin/python3" })), []],
  [
    "RUN set -o pipefail; curl a | sudo bash",
    debian.run("set -o pipefail; curl a | sudo bash"),
    ["SudoInRun", "DownloadPipedToShell"],
  ],
  [
    "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get install -y --no-install-recommends a=1",
    debian.run("apt-get install -y --no-install-recommends a=1", { mounts: [cache("/var/lib/apt/lists")] }),
    [],
  ],
  ["USER root", debian.user("root"), ["LastUserRoot"]],
  ["ADD a /b", debian.add("a", "/b"), ["AddInsteadOfCopy"]],
  ["COPY --from=build a /b", debian.copy("a", "/b", { from: "build" }), ["UndefinedCopySource"]],
  ["COPY --from=build:1 a /b", debian.copy("a", "/b", { from: "build:1" }), []],
  ["COPY a b", debian.copy("a", "b", likeDocker), ["RelativeCopyTarget"]],
  ["COPY dist/a /b", debian.copy("dist/a", "/b"), ["CopyIgnoredFile"], { ignoreOf }],
  ["COPY src /b", debian.copy(files("src/**"), "/b"), [], { ignoreOf }],
  ["COPY dist /b", debian.copy(files("dist/**"), "/b"), ["CopyIgnoredFile"], { ignoreOf }],
  ["WORKDIR a", scratch.workdir("a"), ["WorkdirRelativePath"]],
  ["ENV API_KEY=1", debian.env({ API_KEY: "1" }), ["SecretsUsedInArgOrEnv"]],
  ["ARG TOKEN", debian.arg("TOKEN"), ["SecretsUsedInArgOrEnv"]],
  ["ENV A=AKIAABCDEFGHIJKLMNOP", debian.env({ A: "AKIAABCDEFGHIJKLMNOP" }), ["SecretValue"]],
  ["ENV A=1\nENV A=1", debian.env({ A: "1" }).env({ A: "1" }), ["DuplicateEnv"]],
  ["CMD a", debian.cmd("a"), ["JSONArgsRecommended"]],
  ['CMD ["a"]\nCMD ["b"]', debian.cmd(["a"]).cmd(["b"]), ["MultipleInstructionsDisallowed"]],
  ["MAINTAINER me", debian.maintainer("me"), ["MaintainerDeprecated"]],
  ["LABEL A=1", debian.label({ A: "1" }), ["InvalidLabelKey"]],
  ["FROM debian:13", debian, ["InvalidBaseImagePlatform"], { basePlatform }],
];

test.each(pairs)("%j and the same in code", (text, built, expected, options) => {
  const file = `${text.startsWith("FROM") ? "" : built === scratch ? "FROM scratch\n" : "FROM debian:13\n"}${text}\n`;
  expect(inDockerfile(file, options)).toEqual(expected);
  expect(inCode({ built }, options)).toEqual(expected);
});

test("every rule that is about more than a text is tried in both notations", () => {
  const tried = new Set<string>([...pairs.flatMap(([, , expected]) => expected), "ReservedStageName"]);
  const untried = Object.entries(rules as Readonly<Record<string, Rule>>).filter(
    ([name, { textual }]) => !textual && !tried.has(name),
  );
  expect(untried.map(([name]) => name)).toEqual([]);
});

test("names of images that mean something else", () => {
  expect(inCode({ context: scratch.user("1") })).toEqual(["ReservedStageName"]);
  expect(inDockerfile("FROM debian:13 AS context\n")).toEqual(["ReservedStageName"]);
});

test("what several images share is found once, at its own line, and nothing is said of what one of them still uses", () => {
  const base = debian.run("sudo a").cmd(["a"]);
  const other = image().from(base).workdir("/x");
  const found = lintDefinitions(
    [base.run("b", { mounts: [cache("/c")] }).cmd(["b"]), other, base].map(({ definition }, at) => ({
      name: `image${at}`,
      definition,
    })),
  );
  expect(found.map(({ rule }) => rule)).toEqual(["SudoInRun"]);
  const [{ site } = { site: { file: "", line: 0 } }] = found;
  expect(site.file).toBe(import.meta.filename);
  expect(sourceOf(site.file).split("\n")[site.line - 1]).toContain('run("sudo a")');
});

test("what is set in a base counts in the images that stand on it", () => {
  const base = debian.workdir("/x").shell(["bash", "-o", "pipefail", "-c"]).user("0");
  expect(inCode({ app: image().from(base).workdir("y").run("a | b") })).toEqual(["LastUserRoot"]);
});

test("comments leave rules out, at the line and the line above", () => {
  // strake-ignore: SudoInRun, DL3002
  expect(inCode({ a: debian.run("sudo a").user("root") })).toEqual([]);
  expect(inCode({ a: debian.run("sudo a") })).toEqual([]); // strake-ignore: SudoInRun
  // strake-ignore: LastUserRoot

  expect(inCode({ a: debian.run("sudo a") })).toEqual(["SudoInRun"]);
});
