/** What Node throws when the operating system refuses something. */
export interface SystemError extends Error {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Recognises a refusal of the operating system: its code is a name such as `ENOSPC`. */
export function isSystemError(error: Error): error is SystemError {
  return "code" in error && typeof error.code === "string" && /^E[A-Z0-9_]+$/.test(error.code) && "syscall" in error;
}

/** Recognises an error that says in words of its own what the system refused, with the system's error as its cause. */
export function isExplained(error: Error): error is Error & { readonly cause: SystemError } {
  return (
    error.cause instanceof Error && isSystemError(error.cause) && "code" in error && error.code === error.cause.code
  );
}

/** Says in plain words what the operating system refused, and what to do about it. */
export function describeSystemError(
  error: SystemError,
  shownPath: (path: string) => string,
): { readonly message: string; readonly notes: readonly string[] } {
  const path = error.dest ?? error.path;
  const described = descriptions[error.code]?.({
    call: error.syscall,
    path: path === undefined ? "a file" : shownPath(path),
    host: error.hostname ?? ([error.address, error.port].filter((part) => part !== undefined).join(":") || "the host"),
  });
  if (described === undefined) return { message: error.message, notes: [] };
  const [message, ...notes] = described;
  return { message, notes };
}

/** What a refusal is about: the system's call where that is known, and the file or host. */
interface Refused {
  readonly call: string | undefined;
  readonly path: string;
  readonly host: string;
}

type Description = (about: Refused) => readonly [string, ...string[]];

const descriptions: Readonly<Record<string, Description>> = {
  ENOSPC: ({ path }) => [
    `there is no space left to write ${path}`,
    "Nothing unfinished was kept. Free some space, and try again.",
  ],
  EDQUOT: ({ path }) => [`the disk quota does not allow writing ${path}`],
  EROFS: ({ path }) => [`${path} cannot be written: its file system is read-only`],
  EACCES: ({ path }) => [`there is no permission to open ${path}`],
  EPERM: ({ path }) => [`the system does not permit this with ${path}`],
  ENOENT: ({ path, call }) => [call === "mkdir" ? `no folder can be made at ${path}` : `${path} does not exist`],
  ENOTDIR: ({ path }) => [`a part of ${path} is not a folder`],
  EISDIR: ({ path }) => [`${path} is a folder, not a file`],
  EEXIST: ({ path }) => [`${path} exists already`],
  ENOTEMPTY: ({ path }) => [`the folder ${path} is not empty`],
  ELOOP: ({ path }) => [`the symbolic links of ${path} form a circle`],
  ENAMETOOLONG: ({ path }) => [`the name ${path} is too long for the file system`],
  EMFILE: () => ["too many files are open", "The limit can be raised with ulimit -n."],
  ENFILE: () => ["too many files are open on this machine"],
  EIO: ({ path }) => [`${path} cannot be read or written: the disk reports an error`],
  ECONNREFUSED: ({ host }) => [`${host} refuses the connection`],
  ECONNRESET: ({ host }) => [`${host} ended the connection too early`],
  ENOTFOUND: ({ host }) => [`the host ${host} is not known`],
  EAI_AGAIN: ({ host }) => [`the host ${host} cannot be looked up: the name server does not answer`],
  ETIMEDOUT: ({ host }) => [`${host} did not answer in time`],
  EHOSTUNREACH: ({ host }) => [`${host} cannot be reached`],
  ENETUNREACH: ({ host }) => [`the network of ${host} cannot be reached`],
  EPIPE: () => ["whoever was to read the output has gone"],
};
