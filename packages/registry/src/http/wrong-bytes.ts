import { RegistryError } from "../registry-error.ts";
import { redactUrl } from "./redact.ts";

/** Says that what came from an address is not what its digest or its size promised. */
export function wrongBytes(url: URL, message: string): RegistryError {
  return new RegistryError("digest-mismatch", `GET ${redactUrl(url)}: DIGEST_INVALID: ${message}`, {
    hint: "What the registry holds, or a proxy on the way, is damaged or forged. Nothing of it was used.",
  });
}
