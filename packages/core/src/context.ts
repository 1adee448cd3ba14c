// What works with the file system of this machine, for Node only.
export * from "./context/content-manifest.ts";
export * from "./context/directory-listing.ts";
export * from "./context/file-thread.ts";
export * from "./context/file-threads.ts";
export * from "./context/fingerprint.ts";
export * from "./context/ignore.ts";
export { ListAhead, type ListDirectories } from "./context/list-ahead.ts";
export type { LocalEntry } from "./context/local-entry.ts";
export * from "./context/local-tree.ts";
export * from "./context/match-path.ts";
export * from "./context/mode.ts";
export { type ParentsPattern, parentsPattern } from "./context/parents-pattern.ts";
export * from "./context/select-files.ts";
export * from "./context/selection-fingerprint.ts";
export * from "./context/stat-cache.ts";
