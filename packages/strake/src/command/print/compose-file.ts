import { relative } from "node:path";
import { isMap } from "yaml";
import { setYaml } from "../../format/set-yaml.ts";
import { cleanNames } from "./clean-names.ts";
import { readCompose } from "./read-compose.ts";
import type { TargetBuild } from "./target-builds.ts";

/** Where a compose file is, and where what it builds is. */
export interface ComposePlace {
  /** The absolute path of the file, for messages. */
  readonly file: string;
  /** The absolute folder that the file's paths are relative to. */
  readonly folder: string;
  /** The absolute folder that is every build's context: the build file's. */
  readonly project: string;
}

/**
 * Says builds as services of a compose file, which is brought up to date where it is there: of a service only `image`
 * and what a build says of itself are set, and secrets that the file does not know are added.
 *
 * Dockerfiles are inlined. A build's `args`, caches and the like stay as they are.
 *
 * @param text what the file says; empty where there is none
 * @throws StrakeError `invalid-compose-file` naming the line, `duplicate-target`
 */
export function composeFile(builds: readonly TargetBuild[], text: string, place: ComposePlace): string {
  const names = cleanNames(
    builds.map(({ name }) => name),
    { kind: "a compose service", refused: /[^a-zA-Z0-9._-]/g },
  );
  const document = readCompose(text, place.file, [...names.values()]);
  let result = text;
  for (const build of builds) {
    const path = ["services", names.get(build.name) ?? build.name];
    const [image, ...tags] = build.tags.map(escapeVariables);
    result = setYaml(result, [...path, "image"], image);
    const said = composeBuild(build, tags, place);
    if (!isMap(document.getIn([...path, "build"], true))) {
      result = setYaml(result, [...path, "build"], said);
      continue;
    }
    for (const field of fieldsOf(said)) result = setYaml(result, [...path, "build", field], said[field]);
  }
  for (const [id, environment] of builds.flatMap(({ secrets }) => [...secrets])) {
    if (!document.hasIn(["secrets", id])) result = setYaml(result, ["secrets", id], { environment });
  }
  return result;
}

// What a build in an older state may have said, and what would choose another Dockerfile or a stage that ours has not.
const own = ["context", "dockerfile", "dockerfile_inline", "target", "additional_contexts", "tags", "platforms"];
const granted = ["secrets", "ssh", "entitlements"];

function fieldsOf(said: Readonly<Record<string, unknown>>): readonly string[] {
  return [...new Set([...own, ...granted, ...Object.keys(said)])];
}

function composeBuild(
  build: TargetBuild,
  tags: readonly string[],
  { folder, project }: ComposePlace,
): Readonly<Record<string, unknown>> {
  const pathOf = (root: string) => escapeVariables(relative(folder, root) || ".");
  // An agent other than the default one is named with its socket.
  const agents = build.agents.map((id) => (id === "default" ? id : `${id}=\${SSH_AUTH_SOCK}`));
  const fields = {
    context: pathOf(project),
    dockerfile_inline: escapeVariables(build.dockerfile),
    additional_contexts: Object.fromEntries([...build.contexts].map(([name, root]) => [name, pathOf(root)])),
    args: escapeValues(build.args),
    tags,
    platforms: build.platforms,
    labels: escapeValues(build.labels),
    secrets: [...build.secrets.keys()],
    ssh: agents,
    entitlements: build.entitlements,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value).length > 0));
}

/** Compose puts variables of the environment into every value, unless the dollar sign stands twice. */
function escapeVariables(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function escapeValues(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, escapeVariables(value)]));
}
