import { type ContainerRecord, Containers, isRunning } from "@strake/engine";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import type { RmRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Removes containers and what their commands changed.
 *
 * @param home the folder of the store
 * @returns what `strake rm` prints: what was asked for, one a line
 */
export async function removeContainers(home: string, request: RmRequest): Promise<string> {
  const containers = new Containers(home);
  const found = request.containers.map((text) => ({ text, container: containers.find(text) }));
  const running = found.find(({ container }) => isRunning(container));
  if (running !== undefined && !request.force) {
    throw usageError(`the container ${running.text} is running`, "End its command first, or remove it with -f.");
  }
  await enterUserNamespace();
  for (const { container } of found) {
    await end(container);
    containers.remove(container.id);
  }
  return found.map(({ text }) => `${text}\n`).join("");
}

/** Ends what runs a container; all that it started goes with it. */
async function end(container: ContainerRecord): Promise<void> {
  if (!isRunning(container)) return;
  process.kill(Number(container.runner?.split(".")[0]), "SIGKILL");
  while (isRunning(container)) await new Promise((resolve) => setTimeout(resolve, 10));
}
