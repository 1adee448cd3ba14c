import { chmodSync, chownSync } from "node:fs";
import { connect, createServer } from "node:net";

/**
 * Offers an ssh agent at a socket of its own, whose owner and mode are those the command was promised.
 *
 * @returns closes the socket and what goes through it
 */
export async function openAgentProxy(
  agent: string,
  socket: string,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<() => Promise<void>> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const upstream = connect(agent);
    open.add(client).add(upstream);
    const end = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
      open.delete(upstream);
    };
    for (const side of [client, upstream]) side.on("error", end).on("close", end);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(socket, resolve);
  });
  chmodSync(socket, owner.mode);
  chownSync(socket, owner.uid, owner.gid);
  return () =>
    new Promise((resolve) => {
      for (const side of open) side.destroy();
      server.close(() => resolve());
    });
}
