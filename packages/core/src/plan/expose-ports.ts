import type { CallSite } from "../graph/call-site.ts";
import type { TextValue } from "../output/expression.ts";
import { StrakeError } from "../strake-error.ts";

/**
 * The words of EXPOSE in BuildKit's order: as they are written, variables included, and sorted as strings.
 *
 * A value that is known only here, such as a variable's, may stand for several ports with blanks between them, or for
 * none.
 */
export function exposeWords(ports: readonly TextValue[], text: (value: TextValue) => string): readonly string[] {
  const written = ports.map((port) => ({ port, as: writtenForm(port, text) }));
  written.sort((left, right) => (left.as < right.as ? -1 : left.as > right.as ? 1 : 0));
  return written.flatMap(({ port }) => {
    if (typeof port === "string") return [port];
    return text(port)
      .split(/\s+/)
      .filter((word) => word !== "");
  });
}

/**
 * Reads the words of EXPOSE: `80`, `53/udp`, `8000-8005/tcp`.
 *
 * @returns each port with its protocol, such as `80/tcp`
 * @throws StrakeError `invalid-port`
 */
export function exposedPorts(words: readonly string[], site: CallSite): readonly string[] {
  const ports: string[] = [];
  for (const word of words) {
    const found = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
    const first = Number(found?.[1]);
    const last = Number(found?.[2] ?? found?.[1]);
    if (found === null || first > 65535 || last > 65535 || last < first) {
      throw new StrakeError({
        code: "invalid-port",
        message: `"${word}" is not a port`,
        notes: ["Write 8080, 53/udp or 8000-8010. Which port of the host it is published on is said to docker run."],
        site,
      });
    }
    const protocol = (found[3] ?? "tcp").toLowerCase();
    for (let port = first; port <= last; port++) ports.push(`${port}/${protocol}`);
  }
  return ports;
}

/** A port as a Dockerfile would have it. */
function writtenForm(port: TextValue, text: (value: TextValue) => string): string {
  if (typeof port === "string") return port;
  if (port.kind === "variable") return `\${${port.name}${port.otherwise ? `:-${port.otherwise}` : ""}}`;
  return port.kind === "concat" ? port.parts.map((part) => writtenForm(part, text)).join("") : text(port);
}
