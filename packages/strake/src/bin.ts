import { version } from "./version.ts";

// Asking for the version is how scripts see whether a tool is there, so nothing else is loaded for it.
const asksForVersion = process.argv.length === 3 && /^(--version|-v|version)$/.test(process.argv[2] as string);

if (asksForVersion) process.stdout.write(`${version}\n`);
else await (await import("./command/main.ts")).main();
