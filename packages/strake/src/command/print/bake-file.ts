import { join, relative } from "node:path";
import { cleanNames } from "./clean-names.ts";
import type { TargetBuild } from "./target-builds.ts";

/** A bake file, and the Dockerfiles that it names. */
export interface BakeFiles {
  readonly bake: string;
  /** Texts by their names in the bake file's folder; none where they are inlined. */
  readonly dockerfiles: ReadonlyMap<string, string>;
}

/** Where the files go. */
export interface BakePlace {
  /** The absolute folder that bake is run in, and that is every build's context: the build file's. */
  readonly project: string;
  /** The absolute folder that gets the files; without it Dockerfiles are inlined. */
  readonly folder?: string;
}

/**
 * Says builds as a `docker-bake.json` for `docker buildx bake`, whose group `default` is all of them.
 *
 * Bake takes paths from the folder it is run in, and Dockerfiles from the context.
 *
 * @throws StrakeError `duplicate-target`
 */
export function bakeFiles(builds: readonly TargetBuild[], place: BakePlace): BakeFiles {
  // A group hides the target that is called like it.
  const reserved = builds.length > 1 ? { default: "default-image" } : {};
  const names = cleanNames(
    builds.map(({ name }) => name),
    { kind: "a bake target", refused: /[^a-zA-Z0-9_-]/g, reserved },
  );
  const nameOf = (target: string) => names.get(target) ?? target;
  const alone = names.size === 1 && [...names.values()][0] === "default";
  const dockerfiles = new Map<string, string>();
  const targets = builds.map((build) => {
    const name = nameOf(build.name);
    if (place.folder !== undefined) dockerfiles.set(`${name}.Dockerfile`, build.dockerfile);
    return [name, bakeTarget(build, name, nameOf, place)] as const;
  });
  const bake = {
    ...(alone ? {} : { group: { default: { targets: [...names.values()] } } }),
    target: Object.fromEntries(targets),
  };
  return { bake: `${JSON.stringify(bake, escapeTemplate, 2)}\n`, dockerfiles };
}

function bakeTarget(build: TargetBuild, name: string, nameOf: (target: string) => string, place: BakePlace) {
  const { project, folder } = place;
  const contexts = [
    ...[...build.contexts].map(([known, root]) => [known, relative(project, root)]),
    ...[...build.given].map(([known, target]) => [known, `target:${nameOf(target)}`]),
  ];
  const annotations = Object.entries(build.annotations).map(([key, value]) => `manifest:${key}=${value}`);
  return {
    context: ".",
    ...(folder === undefined
      ? { "dockerfile-inline": build.dockerfile }
      : { dockerfile: relative(project, join(folder, `${name}.Dockerfile`)) }),
    ...given("contexts", Object.fromEntries(contexts)),
    ...given("args", build.args),
    tags: build.tags,
    ...given("platforms", build.platforms),
    ...given("labels", build.labels),
    ...given("annotations", annotations),
    ...given(
      "secret",
      [...build.secrets].map(([id, variable]) => `id=${id},env=${variable}`),
    ),
    ...given("ssh", build.agents),
    ...given("entitlements", build.entitlements),
  };
}

/** A field of a build file, which is left out where there is nothing to say. */
function given(field: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [field]: value };
}

/** In HCL's JSON every text is a template: an opening brace behind a dollar or percent sign begins an expression. */
function escapeTemplate(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(/([$%])\{/g, "$1$1{") : value;
}
