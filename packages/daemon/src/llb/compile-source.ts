import { digestOf, type OperationId, type OperationSource, StrakeError } from "@strake/core";
import { type Digest, engineImageName, type Platform, parseBaseName, parsePlatform } from "@strake/oci";
import type { CompileContext } from "./compile-context.ts";
import { type LlbOutput, sorted } from "./llb-graph.ts";

/** A source of the plan as one of LLB's; a local folder is compiled where it is read. */
export function compileSource(
  context: CompileContext,
  id: OperationId,
  source: OperationSource,
): LlbOutput | undefined {
  switch (source.type) {
    case "local":
      return undefined;
    case "image": {
      const served = context.servedManifest(source);
      if (served !== undefined) return servedImage(context, id, source, served);
      if (engineImageName(parseBaseName(source.reference)) !== undefined)
        throw notServed(context, id, source.reference);
      const identifier = `docker-image://${source.reference}@${source.digest}`;
      return add(context, id, identifier, {}, ["source.image"], source.platform);
    }
    case "ociLayout":
    case "archive":
      return servedImage(context, id, source, source.digest);
    case "rootfs":
      return rootfs(context, id, source.path);
    case "http":
      return add(
        context,
        id,
        source.url,
        {
          "http.filename": source.filename,
          ...(source.checksum === undefined ? {} : { "http.checksum": source.checksum }),
        },
        ["source.http", ...(source.checksum === undefined ? [] : ["source.http.checksum"])],
      );
    case "git":
      return gitSource(context, id, source);
  }
}

function add(
  context: CompileContext,
  id: OperationId,
  identifier: string,
  attributes: Readonly<Record<string, string>>,
  needs: readonly string[],
  platform?: string,
): LlbOutput {
  const value = { identifier, attrs: sorted(attributes) };
  const message = { op: { case: "source", value } as const, ...(platform === undefined ? {} : platformOf(platform)) };
  return context.graph.add(message, [], context.notes(id, needs));
}

/** A platform in LLB's words. */
export function platformOf(text: string): { platform: { Architecture: string; OS: string; Variant: string } } {
  const { os, architecture, variant = "" }: Platform = parsePlatform(text);
  return { platform: { Architecture: architecture, OS: os, Variant: variant } };
}

/** An image that no registry of the daemon has: this side serves its blobs. */
function servedImage(
  context: CompileContext,
  id: OperationId,
  source: Extract<OperationSource, { digest: unknown; platform: string }>,
  manifest: Digest,
): LlbOutput {
  const name = `image-${digestOf(source).slice("sha256:".length, 19)}`;
  context.stores.set(name, { name, source });
  const identifier = `oci-layout://strake.local/${name}@${manifest}`;
  return add(context, id, identifier, { "oci.store": name }, ["source.ocilayout"], source.platform);
}

function notServed(context: CompileContext, id: OperationId, name: string): StrakeError {
  return new StrakeError({
    code: "unsupported-by-buildkit",
    message: `LLB cannot say ${name}: only a build that runs can hand on what a Docker Engine has`,
    notes: ["Build with strake build --builder ADDRESS."],
    site: context.step(id)?.site,
  });
}

/** The tar of a root file system: sent as a file, unpacked onto nothing. */
function rootfs(context: CompileContext, id: OperationId, path: string): LlbOutput {
  const local = context.addLocal(id, { local: path, permissions: "source" });
  const copy = {
    src: `/${path.slice(path.lastIndexOf("/") + 1)}`,
    dest: "/",
    mode: -1,
    timestamp: -1n,
    attemptUnpackDockerCompatibility: true,
    createDestPath: true,
  };
  const action = { input: -1n, secondaryInput: 0n, output: 0n, action: { case: "copy", value: copy } as const };
  return context.graph.add(
    { op: { case: "file", value: { actions: [action] } } },
    [local],
    context.notes(id, ["file.base"]),
  );
}

function gitSource(
  context: CompileContext,
  id: OperationId,
  source: Extract<OperationSource, { type: "git" }>,
): LlbOutput {
  const { ref, subdirectory, checksum } = source;
  const place = source.url.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?|^[^@/]*@/, "").replace(/^([^/:]+):(?!\d+\/)/, "$1/");
  const fragment = ref === undefined && subdirectory === undefined ? "" : `#${ref ?? ""}`;
  const below = subdirectory === undefined ? "" : `:${subdirectory.replace(/^\/+/, "")}`;
  const isSsh = /^ssh:\/\/|^[^@/:]+@[^/]+:/.test(source.url);
  const attributes = {
    "git.fullurl": source.url,
    "git.authheadersecret": "GIT_AUTH_HEADER",
    "git.authtokensecret": "GIT_AUTH_TOKEN",
    ...(source.keepGitDir ? { "git.keepgitdir": "true" } : {}),
    ...(checksum === undefined ? {} : { "git.checksum": checksum }),
    ...(source.submodules === false ? { "git.skipsubmodules": "true" } : {}),
    ...(isSsh ? { "git.mountsshsock": "default" } : {}),
  };
  const needs = ["source.git", "source.git.fullurl"];
  if (source.keepGitDir) needs.push("source.git.keepgitdir");
  if (checksum !== undefined) needs.push("source.git.checksum");
  if (source.submodules === false) needs.push("source.git.skipsubmodules");
  if (isSsh) {
    needs.push("source.git.mountsshsock");
    context.agents.add("default");
  }
  return add(context, id, `git://${place}${fragment}${below}`, attributes, needs);
}
