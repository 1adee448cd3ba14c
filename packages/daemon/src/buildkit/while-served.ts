import { DaemonError } from "../daemon-error.ts";
import type { Session } from "../session/session.ts";

/** How long a daemon whose session has ended may take to say why, in milliseconds. */
const lastWords = 500;

/** A signal that ends a build with its session, since a daemon may wait without end for what it cannot ask for any more. */
export function whileServed(session: Session, address: string, given: AbortSignal | undefined): AbortSignal {
  const ended = new AbortController();
  const hint = "Something between here and the daemon has cut the connection, or the daemon was stopped; build again.";
  const end = () => ended.abort(new DaemonError("lost", `${address} closed the session of the build`, { hint }));
  session.lost.addEventListener("abort", () => setTimeout(end, lastWords).unref(), { once: true });
  return given === undefined ? ended.signal : AbortSignal.any([given, ended.signal]);
}
