import { request } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { DaemonError } from "../daemon-error.ts";
import { connectError, type DialOptions, noAnswer, usualTimeout } from "./dial.ts";

/** How a connection is made into one of another protocol. */
export interface UpgradeOptions extends Pick<DialOptions, "signal" | "timeout"> {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Makes an HTTP/1 connection to the Docker Engine into one of another protocol: `/grpc` or `/session`.
 *
 * @throws DaemonError `not-buildkit` where the engine does not do that, `unreachable` where it says nothing
 */
export function upgrade(
  connection: Duplex,
  path: string,
  name: string,
  { headers = {}, timeout = usualTimeout, signal }: UpgradeOptions = {},
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => sent.destroy(noAnswer(name, timeout)), timeout);
    const aborted = () => void sent.destroy();
    signal?.addEventListener("abort", aborted, { once: true });
    // What becomes of the stream afterwards is the business of those who get it.
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    const sent = request({
      method: "POST",
      path,
      headers: {
        ...(headers as Record<string, string | string[]>),
        host: "docker",
        connection: "Upgrade",
        upgrade: "h2c",
      },
      createConnection: () => connection as never,
    });
    sent.on("close", settle);
    sent.on("upgrade", (_response, socket, head) => {
      settle();
      if (head.length > 0) socket.unshift(head);
      // Node's HTTP/2 closes TLS connections for which another protocol was agreed on before the upgrade.
      if (socket instanceof TLSSocket) socket.alpnProtocol = "h2";
      resolve(socket);
    });
    sent.on("response", (response) => {
      let said = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(0, 500);
      });
      response.on("end", () => reject(notUpgraded(name, path, response.statusCode ?? 0, said)));
    });
    sent.on("error", (error) => reject(signal?.aborted ? signal.reason : upgradeError(error, name)));
    sent.end();
  });
}

function notUpgraded(name: string, path: string, status: number, said: string): DaemonError {
  // Go's servers say so to those who speak without TLS (net/http).
  if (status === 400 && said.includes("HTTPS")) {
    return new DaemonError("tls", `${name} wants TLS: ${said.trim()}`, {
      hint: "Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates, or take a context that has them.",
    });
  }
  const message = `${name} answered ${status} to ${path}: it has no BuildKit that can be spoken to`;
  return new DaemonError("not-buildkit", message, {
    hint: "Docker 18.09 and later have one; DOCKER_BUILDKIT and the daemon's settings can turn it off.",
  });
}

function upgradeError(cause: Error, name: string): DaemonError {
  if (DaemonError.is(cause)) return cause;
  const { code = "" } = cause as NodeJS.ErrnoException;
  // HPE is Node's parser of HTTP/1.
  if (!code.startsWith("HPE_")) return connectError(cause, name, false);
  return new DaemonError("not-buildkit", `what answers at ${name} is not a Docker Engine: ${cause.message}`, {
    hint: "Give the address of a Docker Engine; that of a BuildKit by itself has no docker+ before it.",
    cause,
  });
}
