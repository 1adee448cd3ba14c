import { RegistryError, type RegistryErrorCode } from "../registry-error.ts";
import { plainText, redactUrl } from "./redact.ts";

/** Failures of a connection that may well pass, by Node's code. */
const passing = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ECONNABORTED", "EPROXY"]);

/** Thrown into a connection on which nothing was heard for too long. */
export class Silence extends Error {
  override readonly name = "Silence";
}

/** Says as a RegistryError why a request got no answer, or not all of it. */
export function connectionError(method: string, url: URL, error: unknown): RegistryError {
  const at = `${method} ${redactUrl(url)}`;
  if (error instanceof Silence) {
    return new RegistryError("timeout", `${at}: TIMEOUT: ${error.message}`, {
      hint: "Check the network and any proxy on the way; the registry may be overloaded.",
      cause: error,
    });
  }
  const code = nodeCode(error) ?? "FAILED";
  const message = plainText(error instanceof Error ? error.message : String(error));
  const [kind, hint] = classify(code, url);
  // Most of Node's messages have the code in them.
  const reason = message.includes(code) ? message : `${code}: ${message}`;
  return new RegistryError(kind, `${at}: ${reason}`, { hint, cause: error, temporary: passing.has(code) });
}

/** Node's own code of a failure, such as `ECONNREFUSED`. */
export function nodeCode(error: unknown): string | undefined {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Tells whether the other side of an https request turned out not to speak TLS, or not to be there. */
export function refusesTls(error: RegistryError): boolean {
  const code = nodeCode(error.cause) ?? "";
  if (error.code === "untrusted-certificate") return false;
  return code === "ECONNREFUSED" || code === "ECONNRESET" || isTlsProtocol(code);
}

function classify(code: string, url: URL): readonly [RegistryErrorCode, string] {
  if (isCertificate(code)) {
    return [
      "untrusted-certificate",
      `If ${url.host} uses a certificate authority of your own, name its certificate under ca in the registry settings.`,
    ];
  }
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA/.test(code)) {
    return ["unreachable", `${url.host} wants a client certificate: name cert and key in the registry settings.`];
  }
  if (isTlsProtocol(code)) {
    const hint = `If ${url.host} speaks plain http, say insecure: true in the registry settings.`;
    return ["unreachable", hint];
  }
  if (code.startsWith("HPE_")) return ["invalid-response", `What answers at ${url.host} does not speak HTTP.`];
  if (code === "ENOTFOUND") return ["unreachable", `Check the spelling of ${url.hostname}, and the network.`];
  if (code === "EPROXY") return ["unreachable", "Check the proxy settings."];
  return ["unreachable", `Check that ${url.host} is running and can be reached from here.`];
}

function isCertificate(code: string): boolean {
  return /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|INVALID_CA|HOSTNAME_MISMATCH|PATH_LENGTH)/.test(
    code,
  );
}

function isTlsProtocol(code: string): boolean {
  return code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_");
}
