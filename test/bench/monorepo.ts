import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const example = fileURLToPath(new URL("../../examples/monorepo", import.meta.url));

/** Will measure the monorepo example grown to forty images with nothing changed, beside a loop of `buildctl`. */
export async function benchMonorepo(): Promise<void> {
  if (!existsSync(example)) console.log("left out: monorepo, whose example is not there yet");
  else console.log("left out: monorepo, which has no measurement yet");
}
