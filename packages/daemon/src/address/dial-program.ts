import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { DaemonError } from "../daemon-error.ts";
import type { Address } from "./address.ts";

/**
 * Starts a program whose standard input and output lead to a daemon.
 *
 * @param name the address as its user wrote it, for messages
 * @throws DaemonError `unreachable`
 */
export function dialProgram(address: Extract<Address, { type: "program" }>, name: string): Promise<Duplex> {
  const child = spawn(address.command, [...address.args], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    // A pipe that breaks is told by the end of the program, which may still have to say why.
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, (error) => error == null && done()),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdout.on("data", (chunk) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.stdin.on("error", () => undefined);
  // Whoever waits hears of it by the promise, and nobody listens to a stream that was never given out.
  stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      const hint = `Check that \`${[address.command, ...address.args].join(" ")}\` works here.`;
      const error = new DaemonError("unreachable", `no daemon answers at ${name}: ${why}`, { hint, cause });
      reject(error);
      stream.destroy(error);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      fail(error.code === "ENOENT" ? `there is no program ${address.command} here` : error.message, error);
    });
    child.on("close", (status) => {
      if (status === 0) stream.push(null);
      else fail(lastWords(said) || `${address.command} exited with ${status}`);
    });
    // The remote side of a dial-stdio says nothing before it is spoken to.
    child.on("spawn", () => resolve(stream));
  });
}

/**
 * What a program said before it gave up, without the lines of its log (klog, as kubectl writes them), which repeat in
 * their own form what the last lines say plainly.
 */
function lastWords(said: string): string {
  const lines = said.trim().split("\n");
  const plain = lines.filter((line) => !/^[IWEF]\d{4} \d\d:\d\d:\d\d/.test(line));
  return (plain.length > 0 ? plain : lines.slice(-1)).join("\n").trim();
}
