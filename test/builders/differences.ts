/** Where the engine differs from BuildKit on purpose, by the name of the scenario; `README.md` says why. */
export const differences: Readonly<Record<string, readonly string[]>> = {
  "RUN: the owner and mode of the root folder": ['/: mode "0700" ≠ "0755"', "/: uid 1 ≠ 0", "/: gid 2 ≠ 0"],
  "RUN: a hard link to a file of the base": ['/etc/group-too: hardLinkTo "/etc/group" ≠ nothing'],
};
