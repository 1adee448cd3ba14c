import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { StrakeError } from "@strake/core";
import {
  type Credential,
  DockerCredentials,
  parseRegistrySettings,
  RegistryClient,
  RegistryError,
} from "@strake/registry";
import { readSettings } from "../compose/settings.ts";
import type { LoginRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Tries a login at a registry, and keeps it where Docker keeps it: the one that is given, or the one that is kept
 * already, or one that is asked for.
 *
 * @param warn told what is unwise about it
 */
export async function logIn(request: LoginRequest, warn: (line: string) => void, signal: AbortSignal): Promise<string> {
  checkRequest(request);
  const host = registryHost(request.server);
  const credentials = new DockerCredentials();
  const { username: name, password: given, passwordFromInput } = request;
  if (given !== undefined) warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
  const isAsked = name === undefined && given === undefined && !passwordFromInput;
  const kept = isAsked ? await credentials.get(host) : undefined;
  if (kept !== undefined) {
    warn(`Authenticating with existing credentials...${"username" in kept ? ` [Username: ${kept.username}]` : ""}`);
    if (await isTaken(host, kept, signal)) return "Login Succeeded\n";
    warn(`${host} does not take them any more.`);
  }
  const username = name ?? (await ask("Username: ", false, signal));
  const password = passwordFromInput
    ? (await text(process.stdin)).replace(/\r?\n$/, "")
    : (given ?? (await ask("Password: ", true, signal)));
  if (username === "" || password === "") throw usageError("a name and a password are needed");
  if (!(await isTaken(host, { username, password }, signal))) {
    throw new StrakeError({ code: "login-refused", message: `${host} does not take this name and password` });
  }
  if ((await credentials.set(host, { username, password })) === "file") {
    warn(`WARNING! Your credentials are stored unencrypted in '${credentials.file}'.`);
    warn("Configure a credential helper to remove this warning. See");
    warn("https://docs.docker.com/go/credential-store/");
  }
  return "Login Succeeded\n";
}

/** As docker has it: what is said twice, or in part, is a mistake. */
function checkRequest({ username, password, passwordFromInput }: LoginRequest): void {
  if (!passwordFromInput) return;
  if (password !== undefined) throw usageError("-p and --password-stdin are two ways to say the password", "Use one.");
  if (username === undefined) throw usageError("--password-stdin needs a name", "Give it with -u NAME.");
}

/** Asks a registry whether it takes a login. */
async function isTaken(host: string, credential: Credential, signal: AbortSignal): Promise<boolean> {
  const { registries, proxies } = readSettings(process.env);
  const client = new RegistryClient(host, {
    ...(registries === undefined ? {} : { settings: parseRegistrySettings(registries.text, registries.file) }),
    proxy: proxies(),
    credentials: async () => credential,
    signal,
  });
  try {
    await client.checkLogin();
    return true;
  } catch (error) {
    if (!RegistryError.is(error) || error.code !== "unauthorized") throw error;
    return false;
  } finally {
    client.close();
  }
}

/** Forgets the login for a registry. */
export async function logOut(server: string | undefined): Promise<string> {
  const host = registryHost(server);
  const removed = await new DockerCredentials().remove(host);
  return removed ? `Removing login credentials for ${host}\n` : `Not logged in to ${host}\n`;
}

/**
 * The registry that people mean: docker takes addresses too, and leaves out the scheme and the path.
 *
 * @throws StrakeError `usage` where no host is left
 */
function registryHost(server = "docker.io"): string {
  const host = server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  if (host === "") throw usageError(`"${server}" is not a registry`, "Write its host, as in registry.example.com.");
  return /^(?:index|registry-1)\.docker\.io$/.test(host) ? "docker.io" : host;
}

async function ask(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY) {
    throw usageError("there is no terminal to ask for the login", "Give it with -u NAME --password-stdin.");
  }
  // What is typed is shown by readline, which here has nowhere to.
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  // A terminal that is read key by key sends no signal of its own for Ctrl-C.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    if (hidden) process.stderr.write(question);
    return await lines.question(hidden ? "" : question, { signal });
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}
