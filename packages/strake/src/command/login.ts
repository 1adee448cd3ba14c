import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { StrakeError } from "@strake/core";
import { DockerCredentials, parseRegistrySettings, RegistryClient, RegistryError } from "@strake/registry";
import { readSettings } from "../compose/settings.ts";
import type { LoginRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** Tries a name and a password at a registry, and keeps them where Docker keeps them. */
export async function logIn(request: LoginRequest, signal: AbortSignal): Promise<string> {
  const host = request.server ?? "docker.io";
  const username = request.username ?? (await ask("Username: ", false, signal));
  const password = request.passwordFromInput
    ? (await text(process.stdin)).replace(/\r?\n$/, "")
    : (request.password ?? (await ask("Password: ", true, signal)));
  if (username === "" || password === "") throw usageError("a name and a password are needed");
  const { registries } = readSettings(process.env);
  const client = new RegistryClient(host, {
    ...(registries === undefined ? {} : { settings: parseRegistrySettings(registries.text, registries.file) }),
    credentials: async () => ({ username, password }),
    signal,
  });
  try {
    await client.checkLogin();
  } catch (error) {
    if (!RegistryError.is(error) || error.code !== "unauthorized") throw error;
    throw new StrakeError({ code: "login-refused", message: `${host} does not take this name and password` });
  } finally {
    client.close();
  }
  const credentials = new DockerCredentials();
  await credentials.set(host, { username, password });
  return "Login Succeeded\n";
}

/** Forgets the login for a registry. */
export async function logOut(server: string | undefined): Promise<string> {
  const host = server ?? "docker.io";
  const removed = await new DockerCredentials().remove(host);
  return removed ? `Removing login credentials for ${host}\n` : `Not logged in to ${host}\n`;
}

async function ask(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY) {
    throw usageError("there is no terminal to ask for the login", "Give it with -u NAME --password-stdin.");
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  // What is typed is not shown: the line is written once, and nothing of the answer.
  if (hidden) (lines as unknown as { _writeToOutput: (text: string) => void })._writeToOutput = () => {};
  try {
    if (hidden) process.stderr.write(question);
    return await lines.question(hidden ? "" : question, { signal });
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}
