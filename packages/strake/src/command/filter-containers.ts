import { type ContainerRecord, isRunning } from "@strake/engine";
import { type ContainerFilter, containerKeys, type containerStates } from "./option/container-filter.ts";

/** Keeps the containers that all filters let through; of several with the same key one is enough, as docker has it. */
export function filterContainers(
  containers: readonly ContainerRecord[],
  filters: readonly ContainerFilter[],
): readonly ContainerRecord[] {
  return containers.filter((container) =>
    containerKeys.every((key) => {
      const own = filters.filter((filter) => filter.key === key);
      return own.length === 0 || own.some(({ value }) => matches(container, key, value));
    }),
  );
}

/** What a container's command is doing. */
export function stateOf(container: ContainerRecord): (typeof containerStates)[number] {
  if (container.ended !== undefined) return "exited";
  return isRunning(container) ? "running" : "dead";
}

function matches(container: ContainerRecord, key: ContainerFilter["key"], value: string): boolean {
  switch (key) {
    case "name":
      return container.name.includes(value);
    case "id":
      return container.id.startsWith(value);
    case "status":
      return stateOf(container) === value;
    case "exited":
      return String(container.ended?.code) === value;
    case "ancestor":
      return [container.image, container.reference, container.manifest].some((name) => isNamed(name, value));
  }
}

/** `app` means `app:latest`, whatever the registry is called in between. */
function isNamed(name: string, value: string): boolean {
  const tagged = /[:@][^/]*$/.test(value) ? value : `${value}:latest`;
  return name === value || name === tagged || name.endsWith(`/${tagged}`);
}
