import { stopDaemons } from "./stop-daemons.ts";

/** Makes this process the owner of the run's daemons; the returned function stops them when the run ends. */
export default function setup(): () => Promise<void> {
  process.env.STRAKE_TEST_OWNER = String(process.pid);
  return () => stopDaemons(process.pid);
}
