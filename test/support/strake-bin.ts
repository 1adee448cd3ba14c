import { fileURLToPath } from "node:url";

/** The built command line, as `npx strake` starts it. */
export const strakeBin: string = fileURLToPath(new URL("../../packages/strake/bin/strake.js", import.meta.url));
