/** What is shown of an image of the store. */
export interface ListedImage {
  /** Absent where the image has none. */
  readonly name?: string;
  readonly id: string;
  /** The manifest's digest, or that of the index it was chosen from. */
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When it came into the store under this name, in milliseconds since 1970. */
  readonly named: number;
  /** Bytes. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
}
