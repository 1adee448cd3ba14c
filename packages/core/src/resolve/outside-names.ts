import { type Platform, parsePlatform, printPlatform } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { Base, CopyFrom, Definition } from "../graph/definition.ts";
import { outsideName } from "../plan/plan-base.ts";
import { PlanContext, type PlanInputs } from "../plan/plan-context.ts";
import type { OutsideName } from "./resolution.ts";

/** A name to look up, and a statement that uses it. */
export interface NameUse {
  readonly name: OutsideName;
  readonly site: CallSite;
  /** The name is made of values such as build arguments, so that other builds may use others in its place. */
  readonly variable?: boolean;
}

/**
 * Finds every outside name that images use, in the order of their statements.
 *
 * @param given what names may be made of
 * @throws StrakeError for a name that is not an image name, or that waits for another image
 */
export function outsideNames(
  definitions: readonly Definition[],
  platform: Platform,
  given: Pick<PlanInputs, "buildArgs" | "buildPlatform"> = {},
): readonly NameUse[] {
  const uses: NameUse[] = [];
  const seen = new Set<string>();
  const context = new PlanContext({ ...given, resolution: new Map(), platform, project: "/" }, () => {
    throw new Error("names need no planning");
  });

  const visit = (definition: Definition, platform: Platform): void => {
    let node: Definition = definition;
    const chain: Definition[] = [];
    for (; node.kind !== "from"; node = node.input) chain.push(node);
    if (seen.has(keyOf(definition, platform))) return;
    seen.add(keyOf(definition, platform));
    const base = node.base;
    const own =
      node.platform === undefined
        ? platform
        : parsePlatform(context.text(node.platform, undefined, node.site), platform);
    if (base.type === "image") visit(base.image, own);
    else if (base.type === "diff") {
      visit(base.lower, own);
      visit(base.upper, own);
    } else if (base.type !== "scratch") {
      const name = outsideName(context, base, node, printPlatform(own));
      uses.push({ name, site: node.site, ...variable(base) });
    }
    for (const step of chain.reverse()) visitStep(step, own);
  };

  const visitFrom = (from: CopyFrom | undefined, site: CallSite, platform: Platform): void => {
    if (from?.type === "image") visit(from.image, platform);
    if (from?.type === "reference") {
      const base = { type: "reference", name: from.name } as const;
      uses.push({ name: outsideName(context, base, { site }, printPlatform(platform)), site, ...variable(base) });
    }
  };

  const visitStep = (step: Definition, platform: Platform): void => {
    if (step.kind === "copy") visitFrom(step.from, step.site, platform);
    if (step.kind === "merge") for (const image of step.images) visit(image, platform);
    if (step.kind === "run") {
      for (const mount of step.mounts) if ("from" in mount) visitFrom(mount.from, step.site, platform);
    }
  };

  const ids = new Map<Definition, number>();
  const keyOf = (definition: Definition, platform: Platform): string => {
    const id = ids.get(definition) ?? ids.size;
    ids.set(definition, id);
    return `${id} ${printPlatform(platform)}`;
  };

  for (const definition of definitions) visit(definition, platform);
  return uses;
}

function variable(base: Base): Pick<NameUse, "variable"> {
  return base.type === "reference" && typeof base.name !== "string" ? { variable: true } : {};
}
