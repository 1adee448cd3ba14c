import type { Readable, Writable } from "node:stream";

/** The two ends of an engine or of a program that turns one stream into another. */
export interface Pipe {
  readonly input: Writable;
  readonly output: Readable;
}

/**
 * Passes a stream through a pipe.
 *
 * An error of the source comes out as it is, also where the pipe failed over the last bytes before it; one of the pipe
 * comes out as `failure` makes it. When the consumer stops early, both ends are destroyed and the source is closed.
 */
export async function* throughPipe(
  source: AsyncIterable<Uint8Array>,
  pipe: Pipe,
  failure: (cause: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  let sourceFailure: { readonly error: unknown } | undefined;
  const feeding = feed(source, pipe).catch((error: unknown) => {
    sourceFailure = { error };
    pipe.output.destroy();
  });
  try {
    for await (const chunk of pipe.output) yield chunk as Uint8Array;
    await feeding;
  } catch (cause) {
    // What is wrong with the last bytes may show in the pipe before the source has told that they are wrong.
    pipe.input.destroy();
    await feeding;
    throw sourceFailure === undefined ? failure(cause) : sourceFailure.error;
  } finally {
    pipe.input.destroy();
    pipe.output.destroy();
  }
  if (sourceFailure !== undefined) throw sourceFailure.error;
}

async function feed(source: AsyncIterable<Uint8Array>, pipe: Pipe): Promise<void> {
  for await (const chunk of source) {
    if (isOver(pipe)) return;
    if (!pipe.input.write(chunk)) await roomOrEnd(pipe);
  }
  if (!isOver(pipe)) pipe.input.end();
}

function isOver({ input, output }: Pipe): boolean {
  return input.destroyed || input.errored !== null || output.readableEnded || output.destroyed;
}

function roomOrEnd(pipe: Pipe): Promise<void> {
  return new Promise((resolve) => {
    const events = [
      [pipe.input, "drain"],
      [pipe.input, "close"],
      [pipe.input, "error"],
      [pipe.output, "end"],
      [pipe.output, "close"],
    ] as const;
    const done = (): void => {
      for (const [stream, event] of events) stream.off(event, done);
      resolve();
    };
    for (const [stream, event] of events) stream.on(event, done);
    if (isOver(pipe)) done();
  });
}
