/** Thrown to end with a status when all there is to say has been said: by another program, or on standard output. */
export class ExitWith extends Error {
  override readonly name = "ExitWith";
  readonly status: number;

  constructor(status: number) {
    super(`ended with ${status}`);
    this.status = status;
  }
}
