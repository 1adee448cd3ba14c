// What `bin.ts` loads as one script: the command line, and the library that it shares with build files.
export { main } from "./command/main.ts";
export * as library from "./library.ts";
