export * from "./print-dockerfile.ts";
export type { PrintOptions } from "./printer.ts";
