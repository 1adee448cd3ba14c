import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type BlobStore,
  type Digest,
  dockerLoadStream,
  familiarReference,
  type Image,
  imageId,
  type Reference,
} from "@strake/oci";
import { parseAddress } from "./address/address.ts";
import { dial, type TlsOptions } from "./address/dial.ts";
import { DaemonError } from "./daemon-error.ts";
import { keptImage, readSavedImage } from "./saved-image.ts";

/** The Docker Engine API: what loading images takes, and taking them out. */
export class DockerEngine {
  readonly #address: string;
  readonly #tls: TlsOptions | undefined;

  /** @param address as in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` or `ssh://me@host` */
  constructor(address: string, tls?: TlsOptions) {
    this.#address = address;
    this.#tls = tls;
  }

  /**
   * Gives an image to the daemon under some names.
   *
   * An image that the daemon is known to have is only named; otherwise its layers are streamed, each made once.
   *
   * @returns true when the daemon had the image
   * @throws DaemonError `unreachable`, `refused`
   */
  async load(image: Image, names: readonly Reference[], signal?: AbortSignal): Promise<boolean> {
    // The id takes the layers' digests: where those are not known yet, finding them takes as long as streaming.
    const id = (await isDigested(image)) ? await imageId(image) : undefined;
    if (id !== undefined && (await this.has(id))) {
      for (const name of names) await this.tag(id, name);
      return true;
    }
    const answer = await this.#send("POST", "/images/load?quiet=1", signal, dockerLoadStream(image, names));
    // Failures while loading come as lines of the answer, after its status has said 200.
    for (const line of answer.split("\n").filter(Boolean)) {
      const { error } = JSON.parse(line) as { error?: string };
      if (error !== undefined) throw new DaemonError("refused", `${this.#address} could not load the image: ${error}`);
    }
    return false;
  }

  /** Tells whether the daemon has an image of this id. */
  async has(id: string): Promise<boolean> {
    return (await this.idOf(id)) !== undefined;
  }

  /** The id of the image that the daemon knows by a name, or undefined where it knows none. */
  async idOf(name: string, signal?: AbortSignal): Promise<Digest | undefined> {
    try {
      return (JSON.parse(await this.#send("GET", `/images/${name}/json`, signal)) as { Id: Digest }).Id;
    } catch (error) {
      if (DaemonError.is(error) && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Takes an image out of the daemon's store; one that is in `blobs` from an earlier time is not moved again.
   *
   * @throws DaemonError `unreachable`, `refused`
   */
  async take(id: Digest, blobs: BlobStore, signal?: AbortSignal): Promise<Image> {
    return (await keptImage(blobs, id)) ?? readSavedImage(this.save(id, signal), blobs, this.#address);
  }

  /** Gives an image that the daemon has another name. */
  async tag(id: string, name: Reference): Promise<void> {
    const { tag = "latest", digest: _, ...rest } = name;
    const query = new URLSearchParams({ repo: familiarReference(rest), tag });
    await this.#send("POST", `/images/${id}/tag?${query}`);
  }

  /** The tar that `docker save` writes of an image. */
  async *save(id: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* await this.#request("GET", `/images/${id}/get`, signal);
  }

  /** Takes a name away from an image; one that nothing else names or uses goes too. */
  async untag(name: string): Promise<void> {
    await this.#send("DELETE", `/images/${name}`);
  }

  async #send(method: string, path: string, signal?: AbortSignal, body?: AsyncIterable<Uint8Array>): Promise<string> {
    return readText(await this.#request(method, path, signal, body));
  }

  /** @throws DaemonError for every answer that says no */
  async #request(
    method: string,
    path: string,
    signal?: AbortSignal,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<IncomingMessage> {
    const connection = await this.#dial(signal);
    const sent = request({
      method,
      path,
      headers: { host: "docker", "content-type": "application/x-tar" },
      createConnection: () => connection,
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on("response", resolve).on("error", reject),
    );
    // The daemon may answer before it has read everything; then its answer says more than the broken pipe.
    const upload = body === undefined ? sent.end() : pipeline(Readable.from(body, { objectMode: false }), sent);
    const [uploaded, response] = await Promise.allSettled([upload, answered]);
    if (response.status === "rejected") {
      const failure = uploaded.status === "rejected" && !isBroken(uploaded.reason) ? uploaded.reason : response.reason;
      throw isConnection(failure) ? this.#unreachable(failure) : failure;
    }
    const status = response.value.statusCode ?? 0;
    if (status < 300) return response.value;
    const text = await readText(response.value);
    throw new DaemonError("refused", `${this.#address} answered ${status} to ${method} ${path}: ${messageOf(text)}`, {
      status,
    });
  }

  async #dial(signal: AbortSignal | undefined): Promise<Socket> {
    const tls = this.#tls === undefined ? {} : { tls: this.#tls };
    try {
      const address = parseAddress(this.#address, "docker");
      // HTTP needs no more of a connection than that it is a stream in both directions.
      return (await dial(address, this.#address, { ...tls, protocol: "http/1.1", signal })) as Socket;
    } catch (error) {
      if (!DaemonError.is(error) || error.code !== "unreachable") throw error;
      throw this.#unreachable(error.cause ?? error);
    }
  }

  #unreachable(cause: unknown): DaemonError {
    return new DaemonError("unreachable", `no Docker daemon answers at ${this.#address}: ${(cause as Error).message}`, {
      hint: "Start Docker, or say where it listens: DOCKER_HOST, DOCKER_CONTEXT or `docker context use`.",
      cause,
    });
  }
}

/** Tells whether the digests of an image's layers are known without making their bytes. */
async function isDigested(image: Image): Promise<boolean> {
  return (await image.layers()).every((layer) => layer.known === undefined || layer.known().diffId !== undefined);
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const part of response) text += part;
  return text;
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

function isConnection(error: unknown): boolean {
  return ["ECONNREFUSED", "ENOENT", "EACCES", "ENOTFOUND", "ECONNRESET"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}

function isBroken(error: unknown): boolean {
  return ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"].includes((error as NodeJS.ErrnoException).code ?? "");
}
