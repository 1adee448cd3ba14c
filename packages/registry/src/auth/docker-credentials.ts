import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { RegistryError } from "../registry-error.ts";
import type { Credential } from "./credential.ts";

/** What Docker calls its own registry where it keeps logins. */
const dockerHub = "https://index.docker.io/v1/";

interface ConfigFile {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  [other: string]: unknown;
}

/**
 * The logins that Docker keeps: in its `config.json`, or in the programs that the file names.
 *
 * Whoever has logged in with Docker is logged in here, and the other way round. What else is in the file stays.
 */
export class DockerCredentials {
  readonly file: string;

  /** @param file the file; `config.json` in `$DOCKER_CONFIG`, else in `~/.docker`, where absent */
  constructor(file: string = join(process.env.DOCKER_CONFIG || join(homedir(), ".docker"), "config.json")) {
    this.file = file;
  }

  /** Finds the login for a registry. @throws RegistryError `invalid-settings` for a file that makes no sense */
  async get(host: string): Promise<Credential | undefined> {
    const config = this.#read();
    const helper = helperFor(config, host);
    const names = namesOf(host);
    if (helper !== undefined) {
      for (const name of names) {
        const found = await getFromHelper(helper, name);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    const entry = names.map((name) => config.auths?.[name]).find((each) => each !== undefined);
    if (entry === undefined) return undefined;
    if (entry.identitytoken) return { identityToken: entry.identitytoken };
    const [, username = entry.username ?? "", password = entry.password ?? ""] =
      /^([^:]*):([\s\S]*)$/.exec(Buffer.from(entry.auth ?? "", "base64").toString("utf8")) ?? [];
    return username === "" ? undefined : { username, password: password.replace(/\0+$/, "") };
  }

  /** Keeps a login. @returns where: with a program, or readable in the file */
  async set(host: string, { username, password }: { username: string; password: string }): Promise<"program" | "file"> {
    const config = this.#read();
    const helper = helperFor(config, host);
    const name = keptName(host);
    if (helper !== undefined) {
      await callHelper(helper, "store", JSON.stringify({ ServerURL: name, Username: username, Secret: password }));
      this.#write({ ...config, auths: { ...config.auths, [name]: {} } });
      return "program";
    }
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    this.#write({ ...config, auths: { ...config.auths, [name]: { auth } } });
    return "file";
  }

  /** Removes a login. @returns false where there was none */
  async remove(host: string): Promise<boolean> {
    const config = this.#read();
    const helper = helperFor(config, host);
    const names: string[] = [];
    for (const name of namesOf(host)) {
      // Others may have given it to the program.
      const isKept = helper !== undefined && (await getFromHelper(helper, name)) !== undefined;
      if (isKept) await callHelper(helper, "erase", name);
      if (isKept || config.auths?.[name] !== undefined) names.push(name);
    }
    if (names.length === 0) return false;
    const auths = Object.fromEntries(Object.entries(config.auths ?? {}).filter(([name]) => !names.includes(name)));
    this.#write({ ...config, auths });
    return true;
  }

  #read(): ConfigFile {
    if (!existsSync(this.file)) return {};
    try {
      const config: unknown = JSON.parse(readFileSync(this.file, "utf8") || "{}");
      if (typeof config === "object" && config !== null && !Array.isArray(config)) return config as ConfigFile;
    } catch {
      // Its text may hold a password, so nothing of it is shown.
    }
    throw new RegistryError("invalid-settings", `${this.file} is no file of Docker's`, {
      hint: "Correct it, or move it away and log in again.",
    });
  }

  #write(config: ConfigFile): void {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    // A link stays a link, and what it leads to is replaced.
    const file = existsSync(this.file) ? realpathSync(this.file) : this.file;
    const passing = `${file}.${process.pid}.tmp`;
    const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600;
    try {
      writeFileSync(passing, `${JSON.stringify(config, null, "\t")}\n`, { mode });
      chmodSync(passing, mode);
      renameSync(passing, file);
    } finally {
      rmSync(passing, { force: true });
    }
  }
}

function helperFor(config: ConfigFile, host: string): string | undefined {
  const named = namesOf(host).map((name) => config.credHelpers?.[name]);
  return named.find((helper) => helper !== undefined) ?? (config.credsStore || undefined);
}

function keptName(host: string): string {
  return host === "docker.io" ? dockerHub : host;
}

/** The names under which the login for a registry may be kept; older versions wrote whole addresses. */
function namesOf(host: string): readonly string[] {
  if (host === "docker.io") return [dockerHub, "docker.io", "index.docker.io", "registry-1.docker.io"];
  return [host, `https://${host}`, `https://${host}/`, `http://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

async function getFromHelper(helper: string, name: string): Promise<Credential | undefined> {
  let answer: string;
  try {
    answer = await callHelper(helper, "get", name);
  } catch (error) {
    if (RegistryError.is(error) && /credentials not found/i.test(error.message)) return undefined;
    throw error;
  }
  const { Username, Secret } = parseAnswer(helper, answer);
  if (Secret === undefined || Username === undefined || Secret === "") return undefined;
  return Username === "<token>" ? { identityToken: Secret } : { username: Username, password: Secret };
}

/** What a helper answers holds a secret, so nothing of it is shown when it makes no sense. */
function parseAnswer(helper: string, answer: string): { Username?: string; Secret?: string } {
  try {
    const parsed: unknown = JSON.parse(answer);
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Falls through.
  }
  throw failed(`docker-credential-${helper}`, "its answer is no JSON object");
}

/** Calls a program that keeps logins, by the protocol of `docker-credential-*`: one word, one text, one answer. */
function callHelper(helper: string, action: "get" | "store" | "erase", input: string): Promise<string> {
  const program = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [action], { stdio: ["pipe", "pipe", "ignore"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stdin.on("error", () => {});
    child.once("error", (error) => reject(failed(program, error.message)));
    child.once("close", (code) => {
      const text = Buffer.concat(output).toString("utf8");
      // What a helper says when it fails is an explanation; what it says otherwise may be a secret.
      if (code === 0) resolve(text);
      else reject(failed(program, text.trim().slice(0, 200) || `it ended with ${code}`));
    });
    child.stdin.end(input);
  });
}

function failed(program: string, why: string): RegistryError {
  return new RegistryError("invalid-settings", `${program}: ${why}`, {
    hint: "Install it, or take it out of Docker's config.json and log in again.",
  });
}
