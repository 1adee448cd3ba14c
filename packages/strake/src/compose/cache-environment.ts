import type { CacheOption } from "@strake/daemon";
import type { Environment } from "./store-home.ts";

/**
 * Adds to a cache what the environment says of the place that keeps it, as buildx does, so that no token has to stand
 * in a command line: the cache of GitHub's Actions (`gha`), and Amazon's variables (`s3`).
 *
 * @returns undefined for the cache of GitHub's Actions where this is none of them
 */
export function cacheFromEnvironment(cache: CacheOption, variables: Environment): CacheOption | undefined {
  const { type, attributes } = cache;
  if (type === "gha") {
    const found = { ...actionsAttributes(attributes, variables), ...attributes };
    const isThere = found.token !== undefined && (found.url ?? found.url_v2) !== undefined;
    return isThere ? { type, attributes: found } : undefined;
  }
  // Keys that are given have a session token of their own, or none.
  const isGiven = "access_key_id" in attributes && "secret_access_key" in attributes;
  if (type !== "s3" || isGiven) return cache;
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables;
  const keys = {
    access_key_id: AWS_ACCESS_KEY_ID,
    secret_access_key: AWS_SECRET_ACCESS_KEY,
    session_token: AWS_SESSION_TOKEN,
  };
  return { type, attributes: { ...said(keys), ...attributes } };
}

/** The names are those of actions/toolkit (packages/cache/src/internal/config.ts). */
function actionsAttributes(
  { version }: CacheOption["attributes"],
  variables: Environment,
): Readonly<Record<string, string>> {
  const { ACTIONS_CACHE_SERVICE_V2, ACTIONS_CACHE_URL, ACTIONS_RESULTS_URL, ACTIONS_RUNTIME_TOKEN } = variables;
  const isSecond = version === "2" || (version === undefined && /^(?:1|t|true)$/i.test(ACTIONS_CACHE_SERVICE_V2 ?? ""));
  return said({
    token: ACTIONS_RUNTIME_TOKEN,
    url: ACTIONS_CACHE_URL || ACTIONS_RESULTS_URL,
    url_v2: isSecond ? ACTIONS_RESULTS_URL : undefined,
  });
}

function said(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
