/** Features of the Dockerfile language that came with a version of its frontend, by the minor of `docker/dockerfile:1.x`. */
const since = {
  "named-context": 4,
  heredoc: 4,
  link: 4,
  "add-git": 5,
  "add-checksum": 6,
  "secret-env": 10,
  "symbolic-chmod": 14,
  "add-unpack": 17,
  exclude: 19,
  parents: 20,
  security: 20,
  network: 3,
} as const;

/** What Docker 20.10, the oldest engine still met, reads by itself. */
const builtIn = 2;

/** Remembers which features a Dockerfile uses, and so which version of the language it needs. */
export class NeededSyntax {
  #minor: number = builtIn;

  use(feature: keyof typeof since): void {
    this.#minor = Math.max(this.#minor, since[feature]);
  }

  /** The `# syntax` line, or nothing where every BuildKit reads the file. */
  line(): string {
    return this.#minor > builtIn ? `# syntax=docker/dockerfile:1.${this.#minor}\n` : "";
  }
}
