import { request } from "node:http";

/** Where an HTTP server listens. */
export type HttpAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Says whether an HTTP server answers a GET with 200, or with one of the given statuses. */
export function answers(address: HttpAddress, path: string, statuses: readonly number[] = [200]): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ ...address, path, timeout: 30_000, agent: false }, (response) => {
      response.resume();
      resolve(statuses.includes(response.statusCode ?? 0));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.end();
  });
}
