import { type ContainerRecord, Containers, isRunning, LocalImages, pauseProcesses } from "@strake/engine";
import { imageId, parsePlatform, parseReference } from "@strake/oci";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import { openImage } from "../compose/open-image.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { applyChange } from "./option/change.ts";
import type { CommitRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Makes an image of a container: its image's layers, and one of what its command changed. One that runs stands still
 * meanwhile.
 *
 * @returns what `strake commit` prints: the image's id
 */
export async function commitContainer(request: CommitRequest, signal: AbortSignal): Promise<string> {
  const names = request.reference === undefined ? [] : [parseReference(request.reference)];
  await enterUserNamespace();
  const workspace = openWorkspace({ readOnly: false, signal });
  let resume = () => {};
  try {
    const containers = new Containers(workspace.settings.home);
    const container = containers.find(request.container);
    if (isRunning(container)) resume = pause(container);
    const platform = parsePlatform(container.platform);
    const { plan, options } = await openImage(workspace, container.reference, platform, container.manifest);
    const { config, history } = plan.image;
    const created = new Date(request.epoch * 1000).toISOString().replace(".000Z", "Z");
    const entry = {
      created,
      created_by: container.args.join(" "),
      ...(request.author === undefined ? {} : { author: request.author }),
      ...(request.message === undefined ? {} : { comment: request.message }),
    };
    const changed = {
      ...plan,
      image: {
        ...plan.image,
        epoch: request.epoch,
        ...(request.author === undefined ? {} : { author: request.author }),
        config: request.changes.reduce(applyChange, config),
        history: [...history, entry],
      },
    };
    const solution = await workspace.engine.commit(changed, options, containers.folders(container.id).upper);
    const image = solution.image({ compression: "gzip" });
    await new LocalImages(workspace.engine.store, signal).put(image, names);
    workspace.engine.keep([solution]);
    return `${await imageId(image)}\n`;
  } finally {
    resume();
    await workspace.close();
  }
}

/** Files that change while they are read would be no state that ever was. */
function pause(container: ContainerRecord): () => void {
  try {
    return pauseProcesses(Number(container.runner?.split(".")[0]));
  } catch (error) {
    throw usageError(
      `the container ${container.name} is running, and this user cannot stop it (${(error as NodeJS.ErrnoException).code})`,
      "End its command first, so that its files rest.",
    );
  }
}
