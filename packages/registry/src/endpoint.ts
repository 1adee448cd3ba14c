import { isLoopback } from "./http/proxy.ts";
import type { ClientCertificate, RegistrySetting, RegistrySettings } from "./registry-settings.ts";

/** One address where the content of a registry may be asked for. */
export interface Endpoint {
  /** Scheme, host and port; where there are two, the second is for when the first refuses TLS. */
  readonly bases: readonly [URL, ...URL[]];
  /** What stands between `/v2/` and the repository: empty, or a path that ends in a slash. */
  readonly prefix: string;
  /** The host as references and credentials name it: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string;
  /** The address is not the registry's own. */
  readonly mirror: boolean;
  /** Absolute path of a PEM file with certificates that are trusted besides the system's. */
  readonly ca?: string;
  /** What shows the endpoint who asks. */
  readonly client?: ClientCertificate;
}

/**
 * Lists where to ask for the content of a registry, in order: its mirrors, then the registry itself.
 *
 * docker.io is asked at registry-1.docker.io, its real host. A registry on this machine speaks http where https
 * refuses, as Docker has it.
 *
 * @param registry as a reference names it
 */
export function listEndpoints(registry: string, settings: RegistrySettings): readonly Endpoint[] {
  const setting = settings.get(registry.toLowerCase());
  const mirrors = (setting?.mirrors ?? []).map((url): Endpoint => {
    const own = settings.get(url.host);
    const ca = own?.ca ?? setting?.ca;
    const base = new URL(url.origin);
    return {
      host: url.host,
      bases: [base],
      prefix: mirrorPrefix(url),
      mirror: true,
      ...(ca === undefined ? {} : { ca }),
      // Of the registry's own one a mirror learns nothing.
      ...clientOf(own),
    };
  });
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const secure = new URL(`https://${host}`);
  const plain = new URL(`http://${host}`);
  const bases: readonly [URL, ...URL[]] =
    setting?.insecure === true ? [plain] : isLoopback(secure.hostname) ? [secure, plain] : [secure];
  const own: Endpoint = {
    host: registry.toLowerCase(),
    bases,
    prefix: "",
    mirror: false,
    ...(setting?.ca === undefined ? {} : { ca: setting.ca }),
    ...clientOf(setting),
  };
  return [...mirrors, own];
}

function clientOf(setting: RegistrySetting | undefined): Pick<Endpoint, "client"> {
  return setting?.client === undefined ? {} : { client: setting.client };
}

/** The path of a mirror's address as BuildKit takes it: `https://host/hub` is asked at `https://host/v2/hub/…`. */
function mirrorPrefix(url: URL): string {
  const path = url.pathname.replace(/^\/+|\/+$/g, "").replace(/^v2(?:\/+|$)/, "");
  return path === "" ? "" : `${path}/`;
}
