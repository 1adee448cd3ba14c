import { Auth } from "../generated/github.com/moby/buildkit/session/auth/auth_fields.ts";
import type { Services } from "./services.ts";
import { unary } from "./unary.ts";

/** What a registry is told about who asks. */
export interface RegistryCredentials {
  /** Empty where the secret is an identity token. */
  readonly username: string;
  readonly secret: string;
}

/** Finds the credentials for a registry, or undefined where there are none. */
export type FindCredentials = (host: string) => Promise<RegistryCredentials | undefined>;

/** Docker Hub's registry, and the name that its credentials are kept under. */
const hub = "registry-1.docker.io";
const hubName = "docker.io";

/**
 * Gives credentials for registries to the daemon, which fetches its tokens with them itself.
 *
 * The token methods are left out on purpose: a daemon that does not find them asks for credentials instead.
 */
export function credentialsService(find: FindCredentials): Services {
  return new Map([
    unary(Auth.credentials, async ({ Host }) => {
      const found = await find(Host === hub ? hubName : Host);
      return found === undefined ? {} : { Username: found.username, Secret: found.secret };
    }),
  ]);
}
