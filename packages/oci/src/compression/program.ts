import { spawn } from "node:child_process";
import { OciError } from "../oci-error.ts";
import { throughPipe } from "./pipe.ts";

/**
 * Passes a stream through a program of the machine, as `source | program arguments`.
 *
 * @param what what the bytes are, for the error
 * @throws OciError `unsupported-compression` when there is no such program, `invalid-compression` when it fails
 */
export async function* throughProgram(
  source: AsyncIterable<Uint8Array>,
  program: string,
  programArguments: readonly string[],
  what: string,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, programArguments, { stdio: ["pipe", "pipe", "pipe"] });
  const complaints: Buffer[] = [];
  child.stderr.on("data", (text: Buffer) => complaints.push(text));
  // The program closes its input when it fails; what it says on its way out is the better message.
  child.stdin.on("error", () => {});
  const ended = new Promise<{ error?: Error; status?: number | null }>((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (status) => resolve({ status }));
  });
  try {
    yield* throughPipe(source, { input: child.stdin, output: child.stdout }, (cause) => cause);
    const { error, status } = await ended;
    if (error !== undefined) throw missing(program, what, error);
    if (status !== 0) {
      const said = Buffer.concat(complaints).toString("utf8").trim().split("\n")[0];
      throw new OciError(
        "invalid-compression",
        `${what} cannot be unpacked by ${program}: ${said || `status ${status}`}`,
      );
    }
  } finally {
    child.kill("SIGKILL");
  }
}

function missing(program: string, what: string, cause: Error): OciError {
  return new OciError(
    "unsupported-compression",
    `${what} is packed with ${program}, and the program ${program} cannot be started here; install it`,
    { cause },
  );
}
