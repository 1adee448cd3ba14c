/** An error of the operating system, such as ENOSPC, with what was being done. */
export interface SystemError extends Error {
  readonly code: string;
}

const explanations: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "permission is denied",
  EPERM: "the operation is not permitted",
};

const network = /^(ECONN|EHOST|ENET|EAI_|ENOTFOUND$|ETIMEDOUT$|EPIPE$)/;

/**
 * Puts what was being done in front of an error of the operating system and keeps its code.
 *
 * Anything else is given back as it is, also what the network did to a stream that was being kept.
 */
export function explained(error: unknown, doing: string): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined || network.test(code)) return error;
  const why = explanations[code] ?? (error as Error).message;
  return Object.assign(new Error(`${doing}: ${why}`, { cause: error }), { code });
}
