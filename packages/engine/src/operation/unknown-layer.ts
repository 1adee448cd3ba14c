import { type PlannedStep, StrakeError } from "@strake/core";
import { type Digest, type Layer, mediaType } from "@strake/oci";
import type { SolvedLayer } from "../solve/solved.ts";

/** The code of the error that asking an unknown layer for anything ends in. */
const waits = "waits-for-run";

/** A layer of which nothing is known before a step has been done. */
export function unknownLayer(key: Digest, step: PlannedStep): SolvedLayer {
  const refuse = async (): Promise<never> => {
    throw new WaitsForStep(step);
  };
  const layer: Layer = {
    mediaType: mediaType.ociLayer,
    diffId: refuse,
    digest: refuse,
    size: refuse,
    compressed: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
    uncompressed: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
    known: () => ({}),
  };
  return { key, layer, own: true, entries: refuse, waitsOn: step };
}

/** Something was asked that only a step that has not been done can tell. */
export class WaitsForStep extends StrakeError {
  readonly step: PlannedStep;

  constructor(step: PlannedStep) {
    super({ code: waits, message: `this is known only after ${step.title}`, site: step.site });
    this.step = step;
  }
}
