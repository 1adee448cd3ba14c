import { describe, it } from "vitest";
import { missing } from "./missing.ts";

/** A `describe` that knows whether this machine can run its tests. */
export type Describe = (name: string, tests: () => void) => void;

/**
 * Returns a `describe` for tests that need programs (or `root`, `linux`) of this machine.
 *
 * Where one is missing the tests are skipped and the reason is printed; with `STRAKE_TEST_REQUIRE=1`,
 * which CI sets, they fail instead.
 */
export function need(...needs: string[]): Describe {
  const absent = missing(needs);
  if (absent.length === 0) return describe;
  const reason = `needs ${absent.join(", ")}, which this machine lacks`;
  if (process.env.STRAKE_TEST_REQUIRE === "1") {
    return (name) =>
      describe(name, () => {
        it(reason, () => {
          throw new Error(reason);
        });
      });
  }
  return (name, tests) => {
    console.warn(`skipped: ${name}: ${reason}`);
    describe.skip(`${name} (${reason})`, tests);
  };
}
