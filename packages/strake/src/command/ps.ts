import type { ContainerRecord, Containers } from "@strake/engine";
import { formatAge } from "../format/format-duration.ts";
import { truncate } from "../format/table.ts";
import { filterContainers, stateOf } from "./filter-containers.ts";
import { printRows, type Row } from "./print-rows.ts";
import type { PsRequest } from "./request.ts";

/** Lists containers: what `strake ps` prints. */
export function listContainers(containers: Containers, request: PsRequest, now: number): string {
  const { all, last, filters } = request;
  // As docker has it: who asks for a state, or for the newest, means those that have ended too.
  const some = all || last !== undefined || filters.some(({ key }) => key === "status" || key === "exited");
  const found = filterContainers(containers.list(), filters).filter((each) => some || stateOf(each) === "running");
  const shown = found.slice(0, last);
  const id = (container: ContainerRecord) => (request.truncate ? container.id.slice(0, 12) : container.id);
  if (request.quiet) return shown.map((container) => `${id(container)}\n`).join("");
  const rows = shown.map((container): Row => {
    const command = `"${container.args.join(" ")}"`;
    return {
      ID: id(container),
      Image: container.image,
      Command: request.truncate ? truncate(command, 22) : command,
      CreatedAt: new Date(container.created).toISOString(),
      RunningFor: formatAge(now - container.created),
      Status: statusOf(container, now),
      Ports: "",
      Names: container.name,
      Labels: Object.entries(container.labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(","),
    };
  });
  return printRows(
    rows,
    headings,
    ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"],
    request.format,
  );
}

function statusOf(container: ContainerRecord, now: number): string {
  const { ended, created } = container;
  if (ended !== undefined) return `Exited (${ended.code}) ${formatAge(now - ended.at)}`;
  if (stateOf(container) === "running") return `Up ${formatAge(now - created).replace(/ ago$/, "")}`;
  return "Dead";
}

const headings: Row = {
  ID: "CONTAINER ID",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Status: "STATUS",
  Ports: "PORTS",
  Names: "NAMES",
  Labels: "LABELS",
};
