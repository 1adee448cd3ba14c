export { Engine, type EngineOptions } from "./engine.ts";
export * from "./explain.ts";
export { type Packing, Solution } from "./solution.ts";
export type { Fetch, ImageOfSource, OpenImage } from "./solve/solve-context.ts";
export type { StepParts, StepReport } from "./solve/step-report.ts";
export { readIfPresent, writeAtomically } from "./store/atomic-file.ts";
export type { ImageRecord } from "./store/image-records.ts";
export { LocalImages } from "./store/local-images.ts";
export { Store } from "./store/store.ts";
