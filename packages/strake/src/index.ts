// What a build file imports.
export * from "./library.ts";
