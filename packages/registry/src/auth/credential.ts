/** What proves to a registry who somebody is. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** A token that stands for a login, to be exchanged for others (Docker's `identitytoken`). */
  | { readonly identityToken: string };

/** Finds the credential for a registry by its host, as references name it. */
export type CredentialSource = (host: string) => Promise<Credential | undefined>;

/** The header that carries a name and a password (RFC 7617). */
export function basicAuthorization({ username, password }: Extract<Credential, { username: string }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
