/** A Dockerfile that BuildKit and the reader have to understand alike. */
export interface DockerfileScenario {
  readonly name: string;
  readonly text: string;
  /** Files of the context, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The Dockerfile's path in the context, where it is not `Dockerfile`. */
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Named contexts: the files of the folder that a name stands for. */
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Values of secrets by their ids. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Makes what a text cannot say: links, modes, archives. */
  readonly prepare?: (context: string) => void | Promise<void>;
  /** Gives the build arguments SITE, the address of a web server, REPO, that of a repository, and COMMIT in it. */
  readonly site?: true;
}

/** What most contexts of the scenarios hold. */
export const commonFiles = {
  "a.txt": "a\n",
  "b.txt": "b\n",
  "run.sh": "#!/bin/sh\necho ran > /ran\n",
  "dir/one.txt": "1\n",
  "dir/two.md": "2\n",
  "dir/sub/three.txt": "3\n",
};

/** A scenario whose lines stand on busybox. */
export function onBusybox(name: string, lines: string, more: Partial<DockerfileScenario> = {}): DockerfileScenario {
  return { name, text: `FROM busybox\n${lines}\n`, files: commonFiles, ...more };
}

/** A scenario whose lines stand on nothing. */
export function onScratch(name: string, lines: string, more: Partial<DockerfileScenario> = {}): DockerfileScenario {
  return { name, text: `FROM scratch\n${lines}\n`, files: commonFiles, ...more };
}
