import type { CallSite } from "../graph/call-site.ts";
import { StrakeError } from "../strake-error.ts";

const names = [
  ...["ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL"],
  ...["PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1"],
  ...["USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"],
];

/** Whether STOPSIGNAL takes a text: a number but 0, or a name of Linux in any case, with or without `SIG`. */
export function isStopSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, "");
  return names.includes(name) || /^RT(?:MIN\+(?:[1-9]|1[0-5])|MAX-(?:[1-9]|1[0-4]))$/.test(name);
}

/** Makes the error of a text that is no signal. */
export function noSignal(text: string, site: CallSite): StrakeError {
  return new StrakeError({ code: "invalid-signal", message: `"${text}" is not a signal; write SIGTERM or 15`, site });
}
