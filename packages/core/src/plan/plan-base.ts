import { type ImageConfig, parseBaseName, parsePlatform, printPlatform, printReference } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { Base, FromNode } from "../graph/definition.ts";
import { joinPath } from "../graph/posix-path.ts";
import { argumentNames } from "../output/evaluate.ts";
import type { TextValue } from "../output/expression.ts";
import { type OutsideName, type ResolvedBase, resolutionKey } from "../resolve/resolution.ts";
import { StrakeError } from "../strake-error.ts";
import { fitHistory } from "./history.ts";
import type { Input, OperationSource } from "./operation.ts";
import type { PlanContext } from "./plan-context.ts";
import { type State, scratchState, toEnv } from "./state.ts";

/** The state right after `from`, with the ONBUILD instructions of the base still in its config. */
export function planBase(context: PlanContext, node: FromNode): State {
  const platform =
    node.platform === undefined
      ? context.inputs.platform
      : parsePlatform(context.text(node.platform, undefined, node.site), context.inputs.platform);
  const base = node.base;
  switch (base.type) {
    case "scratch":
      return scratchState(platform);
    case "image": {
      const state = context.stateOf(base.image, platform);
      return { ...state, commandSaid: false, tags: [], annotations: {} };
    }
    case "diff":
      return planDiff(context, base, node, platform);
    default:
      return planOutside(context, node, outsideName(context, base, node, printPlatform(platform)), platform);
  }
}

/** The outside name that a base stands for, or undefined for one that is made by this program. */
export function outsideName(
  context: PlanContext,
  base: Exclude<Base, { type: "scratch" | "image" | "diff" }>,
  node: Pick<FromNode, "site">,
  platform: string,
): OutsideName {
  if (base.type === "reference") {
    const text = context.text(base.name, undefined, node.site);
    if (text === "") throw noName(base.name, node.site);
    try {
      return { type: "image", name: printReference(parseBaseName(text)), platform };
    } catch (cause) {
      throw new StrakeError({ code: "invalid-reference", message: (cause as Error).message, site: node.site, cause });
    }
  }
  const reference = "reference" in base && base.reference !== undefined ? { reference: base.reference } : {};
  return { type: base.type, path: joinPath(base.path.root, base.path.path), ...reference, platform };
}

function noName(name: TextValue, site: CallSite): StrakeError {
  const notes = argumentNames(name).map(
    (each) => `${each} has no value: give it with --build-arg ${each}=…, or a default with argument("${each}", "…").`,
  );
  return new StrakeError({ code: "invalid-reference", message: "the name of the image is empty", site, notes });
}

function planOutside(context: PlanContext, node: FromNode, name: OutsideName, platform: State["platform"]): State {
  const resolved = resolvedOf(context, name, node.site);
  const title = name.type === "image" ? `FROM ${name.name}` : `FROM ${context.localName(name.path)}`;
  const input = context.addStep({ op: "source", source: toSource(context, name, resolved) }, title, node.site);
  if (resolved.config === undefined) {
    const history = [
      { created: context.created, comment: `imported from ${context.localName((name as { path: string }).path)}` },
    ];
    return { ...scratchState(platform), input, layers: 1, history };
  }
  return { ...stateFromConfig(resolved.config, context.created), input };
}

/** The file system of an image that is named in a registry, for copying from it. */
export function sourceOfName(context: PlanContext, text: string, platform: State["platform"], site: CallSite): Input {
  const base = { type: "reference", name: text } as const;
  const name = outsideName(context, base, { site }, printPlatform(platform));
  return context.graph.add({ op: "source", source: toSource(context, name, resolvedOf(context, name, site)) });
}

function resolvedOf(context: PlanContext, name: OutsideName, site: CallSite): ResolvedBase {
  const resolved = context.inputs.resolution.get(resolutionKey(name));
  if (resolved !== undefined) return resolved;
  throw new StrakeError({
    code: "unresolved-base",
    message: `the base ${resolutionKey(name)} was not looked up`,
    site,
  });
}

function stateFromConfig(config: ImageConfig, created: string): State {
  const layers = config.rootfs.diff_ids.length;
  const platform = {
    // In the usual notation, as BuildKit writes it: arm64 has no variant where it is v8.
    ...parsePlatform(printPlatform(config)),
    ...(config["os.version"] === undefined ? {} : { osVersion: config["os.version"] }),
  };
  const empty = scratchState(platform);
  const env = toEnv(config.config?.Env ?? []);
  // A base without PATH gets the default one, at the end, as BuildKit does.
  const lines = env.has("PATH")
    ? (config.config?.Env ?? [])
    : [...(config.config?.Env ?? []), ...(empty.config.Env ?? [])];
  return {
    ...empty,
    layers,
    env: toEnv(lines),
    config: { ...config.config, Env: lines },
    history: fitHistory(config.history ?? [], layers, created),
    ...(config.author === undefined ? {} : { author: config.author }),
  };
}

function toSource(context: PlanContext, name: OutsideName, resolved: ResolvedBase): OperationSource {
  const { digest } = resolved;
  if (name.type === "image") {
    const reference = name.name.replace(/@.*$/, "");
    return { type: "image", reference, digest, platform: name.platform };
  }
  const path = context.localName(name.path);
  if (name.type === "rootfs") return { type: "rootfs", path, digest };
  return { type: name.type, path, digest, platform: name.platform };
}

function planDiff(
  context: PlanContext,
  base: Extract<Base, { type: "diff" }>,
  node: FromNode,
  platform: State["platform"],
): State {
  const lower = context.stateOf(base.lower, platform);
  const upper = context.stateOf(base.upper, platform);
  const input = context.addStep({ op: "diff", lower: lower.input, upper: upper.input }, "DIFF", node.site);
  const history = [{ created: context.created, created_by: "DIFF", comment: "strake" }];
  return { ...scratchState(platform), input, layers: 1, history };
}
