import { expect, test } from "vitest";
import { cacheFromEnvironment } from "./cache-environment.ts";

const gha = (attributes: Record<string, string>, variables: Record<string, string>) =>
  cacheFromEnvironment({ type: "gha", attributes }, variables)?.attributes;

test("the cache of GitHub's Actions is found where they say it is", () => {
  const first = { ACTIONS_RUNTIME_TOKEN: "token", ACTIONS_CACHE_URL: "https://cache/" };
  expect(gha({ scope: "a" }, first)).toEqual({ scope: "a", token: "token", url: "https://cache/" });
  const second = { ...first, ACTIONS_RESULTS_URL: "https://results/", ACTIONS_CACHE_SERVICE_V2: "True" };
  expect(gha({}, second)).toEqual({ token: "token", url: "https://cache/", url_v2: "https://results/" });
  expect(gha({ version: "1", token: "own" }, second)).toEqual({ version: "1", token: "own", url: "https://cache/" });
});

test("there is no such cache elsewhere", () => {
  expect(gha({}, {})).toBeUndefined();
  expect(gha({ url: "https://cache/" }, {})).toBeUndefined();
  expect(gha({}, { ACTIONS_RUNTIME_TOKEN: "token" })).toBeUndefined();
});

test("Amazon's variables are taken for s3, unless keys are given", () => {
  const variables = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key", AWS_SESSION_TOKEN: "session" };
  const cache = { type: "s3", attributes: { bucket: "b" } };
  expect(cacheFromEnvironment(cache, variables)?.attributes).toEqual({
    bucket: "b",
    access_key_id: "id",
    secret_access_key: "key",
    session_token: "session",
  });
  const given = { type: "s3", attributes: { access_key_id: "mine", secret_access_key: "own" } };
  expect(cacheFromEnvironment(given, variables)).toEqual(given);
  expect(cacheFromEnvironment(cache, {})).toEqual(cache);
});

test("other caches are as they are said", () => {
  const cache = { type: "registry", attributes: { ref: "a" } };
  expect(cacheFromEnvironment(cache, { AWS_ACCESS_KEY_ID: "id" })).toBe(cache);
});
