import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";

const text = `# VERSION which one
ARG VERSION=1
ARG UNUSED=2
# TAG with what follows the version
ARG TAG=\${VERSION}-slim
ARG FLAVOUR
# base what all need
FROM scratch AS base
ARG VERSION
# OTHER is another
ARG OTHER=3
ARG MORE
# app the app itself
FROM base AS app
ARG OTHER
ARG LAST="a b"
RUN --mount=type=secret,id=tok,required --mount=type=cache,target=/c,id=cc true
RUN --mount=type=secret,target=/x/two \\
    --mount=type=ssh true
FROM scratch AS unrelated
ARG NOPE=1
FROM busybox:$TAG AS tagged
FROM app
COPY --from=tagged /a /b
RUN --mount=type=ssh,id=k,required true
`;

need(...buildkitNeeds, ...baseNeeds)("strake build --call prints what BuildKit prints", () => {
  beforeAll(() => serveBases("busybox:1-slim"));

  it.concurrent.each(
    [undefined, "base", "app", "unrelated", "tagged"].flatMap((target) =>
      ["outline", "targets"].map((method) => ({ method, target })),
    ),
  )("$method of $target", async ({ method, target }) => {
    const cwd = project({ Dockerfile: text });
    const named = target === undefined ? [] : ["--target", target];
    const ours = await runStrake(["build", "--call", method, "--build-arg", "MORE=given", ...named], { cwd });
    expect(ours.status, ours.stderr).toBe(0);
    const daemon = await buildkitDaemon();
    const locals = ["--local", `context=${cwd}`, "--local", `dockerfile=${cwd}`];
    const options = ["--opt", `requestid=frontend.${method}`, "--opt", "build-arg:MORE=given"];
    const stage = target === undefined ? [] : ["--opt", `target=${target}`];
    const args = ["build", "--frontend=dockerfile.v0", "--progress=quiet", ...locals, ...options, ...stage];
    const theirs = await daemon.buildctl(args);
    expect(theirs.stdout.trim().length, theirs.stderr).toBeGreaterThan(0);
    const trimmed = (printed: string) => printed.trimEnd().split("\n");
    expect(trimmed(ours.stdout)).toEqual(trimmed(theirs.stdout));
  });
});
