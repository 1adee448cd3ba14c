/** Thrown to start this program again where it can do what it has to; it carries how that other run ended. */
export class RanElsewhere extends Error {
  override readonly name = "RanElsewhere";
  readonly status: number;

  constructor(status: number) {
    super(`the command was done by another process, which ended with ${status}`);
    this.status = status;
  }
}
