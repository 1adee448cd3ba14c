const link = /too old for link: true: its BuildKit cannot lay layers over others/;
const symbols = /too old for chmod in symbols: its BuildKit knows modes as numbers only/;
const exclude = /too old for exclude: its BuildKit copies all that is below a folder/;
const parents = /too old for parents: true: its BuildKit copies all that is below a folder/;

/** What the BuildKit within a Docker Engine 20.10 cannot do of the scenarios, and what is said then. */
export const oldDockerRefusals: Readonly<Record<string, RegExp>> = {
  link,
  "chmod in symbols": symbols,
  "folders on both sides take the later mode and owner": symbols,
  "another image's files": symbols,
  "exclude what is named": exclude,
  "exclude a pattern": exclude,
  "exclude a folder": exclude,
  "exclude with an exception": exclude,
  "exclude from a wildcard": exclude,
  parents,
  "parents from a pivot": parents,
  "parents of a deep pattern": parents,
  "chosen by globs: less some": /too old for files\(\) that leaves some out/,
};

/** Where its images differ from the engine's, by the name of the scenario. */
export const oldDockerDifferences: Readonly<Record<string, readonly string[]>> = {
  // It gives the mode to what is in a copied folder, and not to the folder that it makes for that.
  "chmod in octal": ['/x: mode "0640" ≠ "0755"'],
};
