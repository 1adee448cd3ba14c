import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { runFolder } from "./run-folder.ts";

/**
 * A port of this machine's loopback that nothing listens on, and that no other test of the run is given.
 *
 * It is below those that the system gives to whoever asks for any (32768 and more on Linux, ip(7)): one of these could
 * be given to somebody else before the caller's program listens on it.
 */
export async function freePort(): Promise<number> {
  const taken = join(runFolder(), "ports");
  mkdirSync(taken, { recursive: true });
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (claim(join(taken, `${port}`)) && (await isFree(port))) return port;
  }
}

/** Makes a folder; false where it is there already. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
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
