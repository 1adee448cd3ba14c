import type { DefinitionRequest } from "../command/request.ts";
import { dockerfileOf, imageFor, platformsOf, targetsOf } from "./build-targets.ts";
import { lockFileOf, readLockFile } from "./lock-file.ts";
import { type PlannedTarget, Planner } from "./plan-targets.ts";
import { openSession } from "./session.ts";

/** Plans what a request names, for every platform, without looking at any file that a step would read. */
export async function planRequest(request: DefinitionRequest, signal: AbortSignal): Promise<readonly PlannedTarget[]> {
  const { file, pull } = request;
  const session = await openSession({ file, readOnly: true, pull, dockerfile: dockerfileOf(request), signal });
  try {
    const pins = request.pull ? new Map() : readLockFile(lockFileOf(session.buildFile));
    const { buildArgs, labels, annotations, epoch } = request;
    const planner = new Planner(session, { buildArgs, labels, annotations, epoch, pins, signal });
    const planned: PlannedTarget[] = [];
    for (const { name, image } of targetsOf(session, request)) {
      for (const platform of platformsOf(session, image, request.platforms)) {
        const wanted = await imageFor(session, image, platform, planner);
        planned.push(await planner.plan(name, wanted, platform));
      }
    }
    return planned;
  } finally {
    await session.close();
  }
}
