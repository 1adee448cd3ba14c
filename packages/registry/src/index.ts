export * from "./client.ts";
export type { BlobDescriptor } from "./download.ts";
export type { ProxySettings } from "./http/proxy.ts";
export type { RetryOptions } from "./http/retry.ts";
export * from "./limit.ts";
export * from "./registry.ts";
export * from "./registry-error.ts";
export * from "./registry-settings.ts";
