/** What is built: the layers' bytes are part of the question. */
export type Format = "docker tar" | "gzip OCI tar";

/** One tool that turns a folder into an image of one layer. */
export interface Contender {
  readonly name: string;
  /** Programs it needs. */
  readonly needs: readonly string[];
  /** What it can write. */
  readonly formats: readonly Format[];
  /** A floor keeps nothing, so it has only a first time. */
  readonly keepsNothing?: boolean;
  /** Makes it forget everything it built, so that the next build is its first. */
  forget(): Promise<void>;
  /** Builds the context, a folder with `Dockerfile`, `build.ts` and `input/`; throws when that fails. */
  build(context: string, format: Format, destination: string): Promise<void>;
}
