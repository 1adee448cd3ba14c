import { type ContainerRecord, Containers, isRunning } from "@strake/engine";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import type { RmRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** What `strake rm` has to tell. */
export interface RemovedContainers {
  /** What was removed, as it was asked for, one a line. */
  readonly text: string;
  /** What could not be: a container that is not there, or that runs. */
  readonly errors: readonly unknown[];
}

/**
 * Removes containers and what their commands changed; what cannot be removed keeps nothing else from being.
 *
 * @param home the folder of the store
 */
export async function removeContainers(home: string, request: RmRequest): Promise<RemovedContainers> {
  const containers = new Containers(home);
  await enterUserNamespace();
  const lines: string[] = [];
  const errors: unknown[] = [];
  for (const text of request.containers) {
    try {
      const container = containers.find(text);
      if (isRunning(container) && !request.force) {
        throw usageError(`the container ${text} is running`, "End its command first, or remove it with -f.");
      }
      await end(container);
      containers.remove(container.id);
      lines.push(`${text}\n`);
    } catch (error) {
      errors.push(error);
    }
  }
  return { text: lines.join(""), errors };
}

/** Ends what runs a container; all that it started goes with it. */
async function end(container: ContainerRecord): Promise<void> {
  if (!isRunning(container)) return;
  process.kill(Number(container.runner?.split(".")[0]), "SIGKILL");
  while (isRunning(container)) await new Promise((resolve) => setTimeout(resolve, 10));
}
