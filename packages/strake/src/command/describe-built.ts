import { type Digest, printPlatform, printReference, type Reference } from "@strake/oci";
import type { SolvedTarget } from "../compose/plan-targets.ts";

/** What became of a target. */
export interface Built {
  readonly name: string;
  readonly names: readonly Reference[];
  /** Absent where a registry had the image already, so that nobody looked at it. */
  readonly id?: Digest;
  readonly digest: Digest;
  /** The target for each platform; none where a registry had the image. */
  readonly solved: readonly SolvedTarget[];
}

/** What is told of one image. */
type Described = Readonly<Record<string, string>>;

/**
 * What `--metadata-file` says of images, under buildx's keys and one of our own: by the names of the targets, as bake
 * has it, or of a Dockerfile's one image alone, as `buildx build` has it.
 *
 * A build on a daemon has a `buildx.build.ref` of three parts: the builder, its node, and what the daemon calls the
 * build. A builder that is an address is written so that no slash of it looks like the end of a part.
 */
export function describeBuilt(
  built: readonly Built[],
  isDockerfile: boolean,
): Described | Readonly<Record<string, Described>> {
  const [first] = built;
  if (isDockerfile && first !== undefined) return describeOne(first);
  return Object.fromEntries(built.map((each) => [each.name, describeOne(each)]));
}

function describeOne({ names, id, digest, solved }: Built): Described {
  return {
    ...(id === undefined ? {} : { "containerimage.config.digest": id }),
    "containerimage.digest": digest,
    "image.name": names.map(printReference).join(","),
    ...Object.fromEntries(solved.flatMap((target) => describeBuilder(target, solved.length > 1))),
  };
}

function describeBuilder({ platform, solution }: SolvedTarget, isOneOfSeveral: boolean): readonly [string, string][] {
  const of = isOneOfSeveral ? `/${printPlatform(platform)}` : "";
  const { builder = "engine", ref } = solution.builtBy ?? {};
  const name = encodeURIComponent(builder);
  return [
    [`strake.builder${of}`, builder],
    ...(ref === undefined ? [] : [[`buildx.build.ref${of}`, `${name}/${name}/${ref}`] as [string, string]]),
  ];
}
