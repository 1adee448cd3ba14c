import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { claimFolder } from "./claim-folder.ts";
import { runFolder } from "./run-folder.ts";

/**
 * A port of this machine's loopback that nothing listens on, and that no other test of the run is given.
 *
 * It is below those that the system gives to whoever asks for any (32768 and more on Linux, ip(7)): one of these could
 * be given to somebody else before the caller's program listens on it.
 */
export async function freePort(): Promise<number> {
  const taken = join(runFolder(), "ports");
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (claimFolder(join(taken, `${port}`)) && (await isFree(port))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening");
  server.listen(port, "127.0.0.1");
  try {
    await listening;
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
