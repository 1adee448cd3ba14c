import { DaemonError } from "../daemon-error.ts";

/** Where a daemon is, in the forms that BuildKit and Docker have for it. */
export type Address =
  | { readonly type: "socket"; readonly path: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  /** A program whose standard input and output lead to the daemon. */
  | { readonly type: "program"; readonly command: string; readonly args: readonly string[] };

/** Which daemon is behind an address: BuildKit itself, or the Docker Engine with BuildKit in it. */
export type DaemonKind = "buildkit" | "docker";

const forms =
  "unix:///path, tcp://host:port, ssh://user@host, docker-container://name, podman-container://name, kube-pod://pod or npipe:////./pipe/name";

/**
 * Reads an address, as in `BUILDKIT_HOST` and `DOCKER_HOST`.
 *
 * @throws DaemonError `unsupported-address`
 */
export function parseAddress(text: string, kind: DaemonKind = "buildkit"): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && url.password !== "") {
    url.password = "***";
    throw new DaemonError("unsupported-address", `"${url}" has a password, which no daemon takes`, {
      hint: "Leave it out; ssh takes keys, and tcp certificates.",
    });
  }
  switch (url?.protocol) {
    case "unix:":
      if (url.pathname !== "") return { type: "socket", path: decodeURIComponent(url.pathname) };
      break;
    case "npipe:":
      return {
        type: "socket",
        path: text
          .slice("npipe:".length)
          .replace(/^\/\/(?=\/\/)/, "")
          .replaceAll("/", "\\"),
      };
    case "tcp:":
    case "http:":
    case "https:":
      if (url.hostname !== "") return { type: "tcp", host: bareHost(url), port: Number(url.port) || defaultPort(kind) };
      break;
    case "ssh:":
      if (url.hostname !== "") return sshProgram(url, kind);
      break;
    case "docker-container:":
    case "podman-container:":
    case "nerdctl-container:":
      if (url.host !== "") return containerProgram(url);
      break;
    case "kube-pod:":
      if (url.host !== "") return podProgram(url);
      break;
  }
  throw new DaemonError("unsupported-address", `"${text}" is not an address of a daemon`, { hint: `Use ${forms}.` });
}

function defaultPort(kind: DaemonKind): number {
  return kind === "docker" ? 2375 : 1234;
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function sshProgram(url: URL, kind: DaemonKind): Address {
  const user = url.username === "" ? "" : `${decodeURIComponent(url.username)}@`;
  const port = url.port === "" ? [] : ["-p", url.port];
  const socket = url.pathname === "" || url.pathname === "/" ? [] : ["--addr", `unix://${url.pathname}`];
  const host = socket.length === 0 ? [] : [`--host=unix://${url.pathname}`];
  const remote =
    kind === "docker" ? ["docker", ...host, "system", "dial-stdio"] : ["buildctl", ...socket, "dial-stdio"];
  return { type: "program", command: "ssh", args: [...port, "--", user + bareHost(url), ...remote] };
}

function containerProgram(url: URL): Address {
  const command = url.protocol.slice(0, url.protocol.indexOf("-"));
  const context = url.searchParams.get("context");
  const options = context === null ? [] : ["--context", context];
  return { type: "program", command, args: [...options, "exec", "-i", url.host, "buildctl", "dial-stdio"] };
}

function podProgram(url: URL): Address {
  const option = (name: string, flag: string) => {
    const value = url.searchParams.get(name);
    return value === null ? [] : [`--${flag}=${value}`];
  };
  const options = [
    ...option("context", "context"),
    ...option("namespace", "namespace"),
    ...option("container", "container"),
  ];
  return {
    type: "program",
    command: "kubectl",
    args: ["exec", "-i", ...options, url.host, "--", "buildctl", "dial-stdio"],
  };
}
