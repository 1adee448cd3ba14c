import { printPlatform } from "@strake/oci/document";
import type { Definition, FromNode } from "../graph/definition.ts";
import { StrakeError } from "../strake-error.ts";
import type { PlanContext } from "./plan-context.ts";
import { defaultShell, type State } from "./state.ts";

/** A base without its ONBUILD instructions, and the statements that they are. */
export interface Fired {
  readonly state: State;
  /** Those that follow `from`, as a chain; undefined where nothing follows, or where the author's statements do. */
  readonly definition?: Definition;
}

/**
 * Takes the ONBUILD instructions of a base and makes them statements.
 *
 * Where `from` says already which it carries out, its own statements do.
 *
 * @throws StrakeError `onbuild-base` where nobody can read them
 */
export function fireTriggers(context: PlanContext, based: State, from: FromNode): Fired {
  const { OnBuild: triggers, ...config } = based.config;
  if (triggers === undefined || triggers === null || triggers.length === 0) return { state: based };
  const state = { ...based, config };
  if (triggers.join("\0") === from.triggers?.join("\0")) return { state };
  const { readTriggers } = context.inputs;
  if (readTriggers === undefined || from.triggers !== undefined) throw unread(triggers, from);
  const platform = printPlatform(state.platform);
  return {
    state,
    definition: readTriggers({ triggers, from, platform, env: state.env, shell: config.Shell ?? defaultShell }),
  };
}

function unread(triggers: readonly string[], from: FromNode): StrakeError {
  return new StrakeError({
    code: "onbuild-base",
    message: "the base has ONBUILD instructions, which would have to run here",
    notes: [
      ...triggers.map((trigger) => `ONBUILD ${trigger}`),
      "Say them as statements after from(), on a base without them.",
    ],
    site: from.site,
  });
}
