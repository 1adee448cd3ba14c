import type { History } from "@strake/oci/document";
import type { PlanContext } from "./plan-context.ts";
import type { State } from "./state.ts";

/** The comment that BuildKit's Dockerfile frontend leaves in every entry it makes. */
const frontendComment = "buildkit.dockerfile.v0";

/** The state with one more history entry. */
export function withHistory(context: PlanContext, state: State, createdBy: string, layers: 0 | 1): State {
  const entry: History = {
    created: context.created,
    created_by: createdBy,
    comment: frontendComment,
    ...(layers === 0 ? { empty_layer: true } : {}),
  };
  return { ...state, history: [...state.history, entry] };
}

/**
 * Makes a history fit the number of layers, as BuildKit's exporter does.
 *
 * Layers without an entry get one; entries beyond the layers are marked empty.
 */
export function fitHistory(history: readonly History[], layers: number, created: string): readonly History[] {
  let left = layers;
  const fitted = history.map((entry): History => {
    if (entry.empty_layer) return entry;
    left -= 1;
    return left < 0 ? { ...entry, empty_layer: true } : entry;
  });
  while (left > 0) {
    fitted.push({ created, comment: "buildkit.exporter.image.v0" });
    left -= 1;
  }
  return fitted;
}
