/** Where the engine differs from BuildKit on purpose, by the name of the scenario; `README.md` says why. */
export const differences: Readonly<Record<string, readonly string[]>> = {};
