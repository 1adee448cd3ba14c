import type { BuildOptions, Plan, PlannedStep } from "@strake/core";
import type { Packing, StepReport } from "@strake/engine";
import { type Descriptor, type Digest, type Image, imageFrom, recompressed } from "@strake/oci";

/** What a plan came to, whoever did it. */
export interface TargetSolution {
  readonly plan: Plan;
  /** What the image is known by: the same key, the same image. */
  readonly key: Digest;
  /** How each step was found; a daemon does not tell. */
  readonly reports: readonly StepReport[];
  /** The steps that have to be done before the image's digests can be known. */
  readonly waitsOn: readonly PlannedStep[];
  image(packing: Packing): Image;
  /** The daemon that has built it; absent where this program itself has. */
  readonly builtBy?: BuiltBy;
  /** Manifests of what the daemon attests of the image; they are in the store. */
  readonly attestations?: readonly Descriptor[];
}

/** A build on a daemon. */
export interface BuiltBy {
  /** The builder as the request names it. */
  readonly builder: string;
  /** What the daemon calls the build: `buildctl debug` and the daemon's history know it by this. */
  readonly ref: string;
}

/** Does what a plan says; the name is that of the image, for messages. */
export type SolvePlan = (plan: Plan, options: BuildOptions, name: string) => Promise<TargetSolution>;

/** The solution of a plan that a daemon has done: an image whose layers are packed as the daemon packed them. */
export async function builtSolution(
  plan: Plan,
  image: Image,
  builtBy: BuiltBy,
  attestations: readonly Descriptor[] = [],
): Promise<TargetSolution> {
  // The config's own bytes: the image has one id, wherever it goes.
  const config = await image.rawConfig();
  const layers = await image.layers();
  const manifest = await image.manifest();
  const annotations = manifest.annotations === undefined ? {} : { annotations: manifest.annotations };
  return {
    plan,
    builtBy,
    attestations,
    key: manifest.config.digest,
    reports: [],
    waitsOn: [],
    image: ({ compression, level, whole, mediaTypes }) => {
      if (!whole && mediaTypes === undefined) return image;
      return imageFrom({
        config,
        layers: layers.map((layer) => recompressed(layer, compression, level)),
        ...annotations,
        ...(mediaTypes === undefined ? {} : { mediaTypes }),
      });
    },
  };
}
