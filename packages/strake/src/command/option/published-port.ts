import { usageError } from "../usage-error.ts";

/**
 * Checks what `-p` asks for: containers share the machine's network, so a port can only be what it is.
 *
 * @throws StrakeError `usage` for a port that is to be another on the machine
 */
export function checkPublishedPort(text: string): void {
  const [, before = "", inside] = /^(?:(.*):)?(\d+)(?:\/(?:tcp|udp))?$/.exec(text) ?? [];
  if (inside === undefined) throw usageError(`-p ${text}: expected PORT, or PORT:PORT`);
  // An address of the machine may stand before the two.
  const [, outside] = /(?:^|:)(\d+)$/.exec(before) ?? [];
  if (outside === undefined || Number(outside) === Number(inside)) return;
  throw usageError(
    `-p ${text}: a container shares the machine's network, so its port ${inside} is the machine's port ${inside}`,
    `Leave -p out, or have the program listen on ${outside}.`,
  );
}
