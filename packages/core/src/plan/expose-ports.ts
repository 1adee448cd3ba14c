import type { CallSite } from "../graph/call-site.ts";
import { StrakeError } from "../strake-error.ts";

/**
 * Reads the words of EXPOSE: `80`, `53/udp`, `8000-8005/tcp`; sorted as strings first, as BuildKit does.
 *
 * @returns each port with its protocol, such as `80/tcp`
 * @throws StrakeError `invalid-port`
 */
export function exposedPorts(words: readonly string[], site: CallSite): readonly string[] {
  const ports: string[] = [];
  for (const word of [...words].sort()) {
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
