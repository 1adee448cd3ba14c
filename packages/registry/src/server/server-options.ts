/** How the server hands out tokens. */
export interface TokenOptions {
  /** How long a token is good, in seconds; 300 unless said. */
  readonly expiresIn?: number;
  /** Nobody gets a token without a login. */
  readonly refuse?: boolean;
}

/** How a registry server is set up; plain http that lets everybody in, unless said. */
export interface RegistryServerOptions {
  /** Key and certificate in PEM; the server then speaks https only. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** Whoever has no certificate that is signed by this one is refused. */
    readonly ca?: string;
  };
  /** Every request needs a token, to be had at the server's own realm `/token`. */
  readonly token?: TokenOptions;
  /** The port, or 0 for any that is free. */
  readonly port?: number;
  /** False where nothing may be removed: every such request is answered 405. */
  readonly deletes?: boolean;
  /** False where the endpoint for referrers is missing, as in registries from before the distribution spec 1.1. */
  readonly referrers?: boolean;
  /** False where a blob is not taken with the request that begins its upload, as docker-registry does not. */
  readonly wholePosts?: boolean;
  /** False where no blob is taken over from another repository. */
  readonly mounts?: boolean;
  /** The most entries of a list that are told at once; all unless said. */
  readonly pageSize?: number;
}
