export * from "./document.ts";
export * from "./hash.ts";
export * from "./tree/path-bytes.ts";
