/** Thrown to end with the status of another program, which has said all there is to say. */
export class ExitWith extends Error {
  override readonly name = "ExitWith";
  readonly status: number;

  constructor(status: number) {
    super(`another program ended with ${status}`);
    this.status = status;
  }
}
