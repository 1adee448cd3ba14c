import { type Definition, type Image, statementsOf } from "@strake/core";
import { annotationsOf, type PrintOptions, printDockerfile } from "@strake/dockerfile";
import { parseReference, printPlatform } from "@strake/oci";
import { targetsOf } from "../../compose/build-targets.ts";
import type { Target } from "../../compose/find-targets.ts";
import type { Session } from "../../compose/session.ts";
import type { DefinitionRequest } from "../request.ts";

/** The build of one target, as somebody else's build file has to tell it. */
export interface TargetBuild {
  /** The target's own name, whatever characters it has. */
  readonly name: string;
  readonly dockerfile: string;
  /** Absolute folders, by the names that the Dockerfile has for them. */
  readonly contexts: ReadonlyMap<string, string>;
  /** Names of other targets, by the names that the Dockerfile has for them. */
  readonly given: ReadonlyMap<string, string>;
  /** What the image is called; at least one name. */
  readonly tags: readonly string[];
  /** None: whatever the builder is. */
  readonly platforms: readonly string[];
  /** Environment variables that secrets are taken from, by the secrets' ids. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Ids of ssh agents. */
  readonly agents: readonly string[];
  readonly entitlements: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** What the command line says on top of the definition. */
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Says the targets of a request as builds of Dockerfiles; nothing is looked up for them.
 *
 * @param linked targets are given to one another where they are built for the same platforms
 * @throws StrakeError `no-dockerfile-form`
 */
export function targetBuilds(session: Session, request: DefinitionRequest, linked: boolean): readonly TargetBuild[] {
  const targets = targetsOf(session, request);
  return targets.map((target) => {
    const platforms = platformsOf(target.image, request);
    const others = linked
      ? targets.filter(({ image }) => sameText(platformsOf(image, request), platforms)).map(asDefinition)
      : [];
    const options = { project: session.project, names: session.names, hints: false, offered: new Set(others) };
    return targetBuild(target, targets, platforms, options, request);
  });
}

function targetBuild(
  { name, image }: Target<Image>,
  targets: readonly Target<Image>[],
  platforms: readonly string[],
  options: PrintOptions,
  request: DefinitionRequest,
): TargetBuild {
  const printed = printDockerfile(image.definition, options);
  const nameOf = (given: Definition) => targets.find((each) => each.image.definition === given)?.name ?? "";
  return {
    name,
    dockerfile: printed.text,
    contexts: printed.contexts,
    given: new Map([...printed.given].map(([known, given]) => [known, nameOf(given)])),
    tags: tagsOf(name, image),
    platforms,
    secrets: new Map([...printed.secrets].map(([id, variable]) => [id, variable ?? variableFor(id)])),
    agents: printed.agents,
    entitlements: printed.entitlements,
    annotations: { ...annotationsOf(image.definition, options), ...request.annotations },
    args: Object.fromEntries(request.buildArgs),
    labels: request.labels,
  };
}

function tagsOf(name: string, image: Image): readonly string[] {
  const said = statementsOf(image.definition).flatMap((node) => (node.kind === "tag" ? node.names : []));
  const tags = said.length > 0 ? said : [name.toLowerCase()];
  for (const tag of tags) parseReference(tag);
  return tags;
}

function platformsOf(image: Image, { platforms }: DefinitionRequest): readonly string[] {
  if (platforms.length > 0) return platforms.map(printPlatform);
  return statementsOf(image.definition).findLast((node) => node.kind === "platforms")?.platforms ?? [];
}

/** The definition says no source of a secret's value; the environment is what every CI has. */
function variableFor(id: string): string {
  return id
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^(?=\d)/, "_");
}

function asDefinition({ image }: Target<Image>): Definition {
  return image.definition;
}

function sameText(left: readonly string[], right: readonly string[]): boolean {
  return left.join() === right.join();
}
