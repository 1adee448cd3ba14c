import { RegistryError, type RegistryErrorCode } from "../registry-error.ts";
import { plainText, redactUrl } from "./redact.ts";
import type { HttpResponse } from "./response.ts";
import { parseRetryAfter } from "./retry.ts";

const longestErrorBody = 64 * 1024;

/**
 * Says as a RegistryError what a registry refuses, from the answer's status and its error document.
 *
 * Reads the body, at most 64 KiB of it (distribution spec 1.1, "Error Codes").
 *
 * @param asked the address that was asked, before redirects
 * @param login whether a login was shown, which a status of 401 refuses then
 */
export async function answerError(
  method: string,
  asked: URL,
  response: HttpResponse,
  login = false,
): Promise<RegistryError> {
  const { status } = response;
  const said = parseErrors(await readSome(response));
  const reason = said ?? `HTTP ${status}: ${plainText(response.statusText) || "no reason given"}`;
  const retryAfter = parseRetryAfter(response.headers["retry-after"], Date.now());
  const [code, hint] =
    login && status === 401 ? (["unauthorized", refusedLogin] as const) : classify(method, status, asked, retryAfter);
  return new RegistryError(code, `${method} ${redactUrl(asked)}: ${reason}`, {
    status,
    hint,
    temporary: isTemporary(status),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

const refusedLogin = "The login that is kept for this registry is not taken: log in anew with strake login.";

function classify(
  method: string,
  status: number,
  url: URL,
  retryAfter: number | undefined,
): readonly [RegistryErrorCode, string] {
  const reads = method === "GET" || method === "HEAD";
  if ((status === 401 || status === 403) && !reads) {
    return ["unauthorized", "Log in with strake login as somebody who may write to this repository."];
  }
  if (status === 401 || status === 403) {
    return [
      "unauthorized",
      "Check the spelling of the name. If it is right, the image is private: log in with strake login.",
    ];
  }
  if (status === 404 && /\/blobs\/[a-z0-9]+:/.test(url.pathname)) {
    return [
      "not-found",
      "The image may have been replaced meanwhile: try again. Else the registry has lost part of it.",
    ];
  }
  if (status === 404) return ["not-found", "Check the repository's name, and the tag or digest."];
  if (status === 413) {
    return ["invalid-response", `${url.host}, or a proxy before it, does not take anything as large: raise its limit.`];
  }
  if (status === 429) {
    const wait = retryAfter === undefined ? "Wait a while" : `Wait ${Math.ceil(retryAfter / 1000)} s`;
    return ["too-many-requests", `${wait}, or name a mirror for ${url.host} in the registry settings.`];
  }
  if (status >= 500) return ["server-error", `The fault is on the side of ${url.host}; try again later.`];
  return ["invalid-response", `Check that ${url.host} is a registry.`];
}

function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

async function readSome(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= longestErrorBody) break;
    }
  } catch (error) {
    // The status says enough where the explanation breaks off; an interruption is not swallowed.
    if (!RegistryError.is(error)) throw error;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Reads `{"errors": [{code, message, detail}]}` into `CODE: message; CODE: message`. */
function parseErrors(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const errors = (document as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors)) return undefined;
  const parts = errors.slice(0, 3).flatMap((error: { code?: unknown; message?: unknown } | null) => {
    const code = typeof error?.code === "string" ? error.code : undefined;
    const message = typeof error?.message === "string" ? error.message : undefined;
    return code === undefined && message === undefined ? [] : [`${code ?? "UNKNOWN"}: ${message ?? "no message"}`];
  });
  return parts.length === 0 ? undefined : plainText(parts.join("; "));
}
