import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import type { Store } from "@strake/engine";
import { type BlobStore, type Digest, DiskBlobStore, type Image } from "@strake/oci";
import type { DockerEndpoint } from "./docker-endpoint.ts";

/** Images of the Docker Engine's store. */
export class EngineImages {
  readonly #docker: () => DockerEndpoint;
  readonly #store: Store;
  readonly #readOnly: boolean;
  readonly #taken = new Map<Digest, Promise<Image>>();
  #passing: string | undefined;

  /**
   * @param docker where the engine is, asked when an image of it is wanted
   * @param store where what is taken from the engine is kept, unless nothing may be written
   */
  constructor(docker: () => DockerEndpoint, store: Store, readOnly: boolean) {
    this.#docker = docker;
    this.#store = store;
    this.#readOnly = readOnly;
  }

  /**
   * Finds an image by name, and takes it out of the engine unless it is here already.
   *
   * @param pinned the id that the name had before: that image is meant, whatever the name stands for now
   * @throws StrakeError `not-in-engine`; DaemonError where the engine does not answer
   */
  async find(name: string, pinned: Digest | undefined): Promise<{ readonly id: Digest; readonly image: Image }> {
    const { DockerEngine, keptImage } = await import("@strake/daemon");
    const kept = pinned === undefined ? undefined : await keptImage(this.#store.blobs, pinned);
    if (pinned !== undefined && kept !== undefined) return { id: pinned, image: await this.#touched(kept) };
    const { address, tls } = this.#docker();
    const engine = new DockerEngine(address, tls);
    const id = await engine.idOf(pinned ?? name);
    if (id === undefined) throw notThere(name, pinned, address);
    const taken = this.#taken.get(id) ?? engine.take(id, this.#blobs());
    this.#taken.set(id, taken);
    return { id, image: await this.#touched(await taken) };
  }

  /** Removes what was taken to be looked at only. */
  close(): void {
    if (this.#passing !== undefined) rmSync(this.#passing, { recursive: true, force: true });
    this.#passing = undefined;
  }

  #blobs(): BlobStore {
    if (!this.#readOnly) return this.#store.blobs;
    this.#passing ??= mkdtempSync(join(tmpdir(), "strake-engine-"));
    return new DiskBlobStore(this.#passing);
  }

  /** Notes that what is kept of an image was used. */
  async #touched(image: Image): Promise<Image> {
    if (this.#readOnly) return image;
    const { config, layers } = await image.manifest();
    for (const { digest } of [config, ...layers]) this.#store.touchBlob(digest);
    return image;
  }
}

function notThere(name: string, pinned: Digest | undefined, address: string): StrakeError {
  const what = pinned === undefined ? `no image ${name}` : `the image ${pinned} of ${name} no more`;
  return new StrakeError({
    code: "not-in-engine",
    message: `the Docker Engine at ${address} has ${what}`,
    notes: [
      pinned === undefined
        ? "docker image ls lists those that it has."
        : "strake.lock pins it; strake update pins what the name stands for now.",
    ],
  });
}
