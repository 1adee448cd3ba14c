import { NamespaceShell, type ShellOptions } from "./namespace-shell.ts";

/**
 * Shells for the commands of a sandbox, of which one can be started before its command is known.
 *
 * Namespaces and the programs that make them take as long as half of a command that does little.
 */
export class WaitingShells {
  readonly #early: () => Pick<ShellOptions, "early" | "open">;
  #waiting: NamespaceShell | undefined;

  /** @param early what all shells of the sandbox begin with */
  constructor(early: () => Pick<ShellOptions, "early" | "open"> = () => ({ early: [] })) {
    this.#early = early;
  }

  /** Starts a shell, if none is waiting. */
  expect(): void {
    if (this.#waiting?.waits) return;
    this.#waiting = new NamespaceShell(this.#early());
  }

  /** A shell for a command: the one that is waiting, where that will do. */
  take(options: Pick<ShellOptions, "isolated" | "terminal">): NamespaceShell {
    const waiting = this.#waiting;
    if (options.isolated || options.terminal !== undefined || !waiting?.waits) {
      return new NamespaceShell({ ...this.#early(), ...options });
    }
    this.#waiting = undefined;
    return waiting;
  }

  /** Ends the shell that is waiting. */
  close(): void {
    this.#waiting?.kill();
    this.#waiting = undefined;
  }
}
