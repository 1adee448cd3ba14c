import { type ContainerRecord, isRunning } from "@strake/engine";
import { type ContainerFilter, containerKeys, type containerStates } from "./option/container-filter.ts";

/**
 * Keeps the containers that all filters let through; of several with the same key one is enough, but for labels, as
 * docker has it.
 */
export function filterContainers(
  containers: readonly ContainerRecord[],
  filters: readonly ContainerFilter[],
): readonly ContainerRecord[] {
  return containers.filter((container) =>
    containerKeys.every((key) => {
      const own = filters.filter((filter) => filter.key === key);
      const isMatch = ({ value }: ContainerFilter) => matches(container, key, value);
      return own.length === 0 || (key === "label" ? own.every(isMatch) : own.some(isMatch));
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
    case "label":
      return isLabelled(container.labels ?? {}, value);
    case "ancestor":
      return [container.image, container.reference, container.manifest].some((name) => isNamed(name, value));
  }
}

/** `NAME` means a label of any value. */
function isLabelled(labels: Readonly<Record<string, string>>, text: string): boolean {
  const [name = "", ...value] = text.split("=");
  return Object.hasOwn(labels, name) && (value.length === 0 || labels[name] === value.join("="));
}

/** `app` means `app:latest`, whatever the registry is called in between. */
function isNamed(name: string, value: string): boolean {
  const tagged = /[:@][^/]*$/.test(value) ? value : `${value}:latest`;
  return name === value || name === tagged || name.endsWith(`/${tagged}`);
}
