import type { CallSite } from "../graph/call-site.ts";
import type { HealthcheckNode } from "../graph/definition.ts";
import type { Text } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import { aCount, aTextOrNumber, checkOptions } from "./check-options.ts";
import { toContainerCommand } from "./commands.ts";
import { parseDuration } from "./parse-duration.ts";

export interface HealthcheckOptions {
  /** Durations are seconds, or text such as `30s` or `1m30s`. */
  readonly interval?: string | number;
  readonly timeout?: string | number;
  readonly startPeriod?: string | number;
  readonly startInterval?: string | number;
  readonly retries?: number;
}

/**
 * What a node keeps of a healthcheck; of `"none"`, nothing.
 *
 * @throws StrakeError `invalid-option`, `invalid-duration`, `missing-command`
 */
export function toHealthcheck(
  command: Text | readonly Text[],
  options: HealthcheckOptions,
  site: CallSite,
): Omit<HealthcheckNode, "kind" | "input" | "site"> {
  const { retries, ...durations } = checkOptions<HealthcheckOptions>("healthcheck", options, {
    interval: aTextOrNumber,
    timeout: aTextOrNumber,
    startPeriod: aTextOrNumber,
    startInterval: aTextOrNumber,
    retries: aCount,
  });
  if (command === "none") {
    if (Object.keys(options).length === 0) return {};
    throw new StrakeError({ code: "invalid-option", message: 'healthcheck("none") has no options', site });
  }
  if (command === "" || (Array.isArray(command) && command.length === 0)) {
    const notes = ['Write "none" to switch a healthcheck of the base off.'];
    throw new StrakeError({ code: "missing-command", message: "a healthcheck needs a command", notes, site });
  }
  const parsed = Object.entries(durations).map(([name, value]) => [name, parseDuration(value, site)]);
  return {
    command: toContainerCommand(command),
    ...Object.fromEntries(parsed),
    ...(retries === undefined ? {} : { retries }),
  };
}
