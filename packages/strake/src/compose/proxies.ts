import type { ProxySettings } from "@strake/registry";
import type { Environment } from "./store-home.ts";

/** Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, or the same in lower case, as Docker and BuildKit do. */
export function readProxies(variables: Environment): ProxySettings {
  const value = (name: string) => variables[name] || variables[name.toLowerCase()];
  const [http, https, no] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].map(value);
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(no ? { no } : {}) };
}
