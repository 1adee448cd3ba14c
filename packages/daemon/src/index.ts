export * from "./daemon-error.ts";
export * from "./docker-engine.ts";
