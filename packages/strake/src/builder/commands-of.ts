import type { Plan, RunOperation } from "@strake/core";
import { matchesPlatform, type Platform, parsePlatform, printPlatform } from "@strake/oci";
import type { Fit } from "./plan-builder.ts";

/** The commands of a plan. */
export function commandsOf(plan: Plan): readonly RunOperation[] {
  return Object.values(plan.operations).flatMap((operation) => (operation?.op === "run" ? [operation] : []));
}

/** A platform whose commands a builder runs. */
export interface OfferedPlatform {
  readonly platform: Platform;
  readonly isNative: boolean;
}

/** Compares the platforms of a plan's commands with what a builder runs; files can be copied for every platform. */
export function fitPlatforms(plan: Plan, offered: readonly OfferedPlatform[]): Fit {
  let fit: Fit = "native";
  for (const text of new Set(commandsOf(plan).map(({ platform }) => platform))) {
    const wanted = parsePlatform(text);
    const found = offered.filter(({ platform }) => matchesPlatform(platform, wanted));
    if (found.length === 0) {
      const names = [...new Set(offered.map(({ platform }) => printPlatform(platform)))].join(", ");
      return { refusal: `it runs no commands of ${text}, only of ${names}` };
    }
    if (!found.some(({ isNative }) => isNative)) fit = "emulated";
  }
  return fit;
}
