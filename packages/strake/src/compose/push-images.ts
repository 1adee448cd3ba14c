import type { Digest, Image, Reference } from "@strake/oci";
import { printReference } from "@strake/oci";
import type { ContentSource, Pushed, Pusher, WatchBlobs } from "@strake/registry";
import { PushedBlobs } from "./pushed-blobs.ts";
import type { Workspace } from "./workspace.ts";

/** Pushes the images of one command; each registry gets each blob once. */
export class ImagePusher {
  readonly #workspace: Workspace;
  /** Repositories that images stand on, by their registries. */
  readonly #bases: readonly Reference[];
  readonly #pushers = new Map<string, Promise<Pusher>>();

  constructor(workspace: Workspace, bases: readonly Reference[] = []) {
    this.#workspace = workspace;
    this.#bases = bases;
  }

  /** Pushes an image, or several as an index, under every name. */
  async push(
    images: readonly Image[],
    names: readonly Reference[],
    watch?: WatchBlobs,
  ): Promise<readonly (Pushed & { name: string })[]> {
    const pushed: (Pushed & { name: string })[] = [];
    for (const name of names) {
      const pusher = await this.#pusher(name.registry);
      pushed.push({ name: printReference(name), ...(await pusher.push(images, name, watch)) });
    }
    return pushed;
  }

  /** Pushes what a source has, byte by byte, under every name. */
  async pushContent(
    content: ContentSource,
    names: readonly Reference[],
    watch?: WatchBlobs,
  ): Promise<readonly Pushed[]> {
    const { pushTree } = await import("@strake/registry");
    const pushed: Pushed[] = [];
    for (const name of names) pushed.push(await pushTree(await this.#pusher(name.registry), content, name, { watch }));
    return pushed;
  }

  /** The digest that a registry has under a name, if it has it. */
  async find(name: Reference): Promise<Digest | undefined> {
    return (await this.#pusher(name.registry)).find(name);
  }

  #pusher(registry: string): Promise<Pusher> {
    const open = async () => {
      const from = this.#bases.filter((base) => base.registry === registry).map(({ repository }) => repository);
      const known = new PushedBlobs(this.#workspace.settings.home, registry);
      return (await this.#workspace.registry()).client(registry).pusher([...new Set(from)], known);
    };
    const pusher = this.#pushers.get(registry) ?? open();
    this.#pushers.set(registry, pusher);
    return pusher;
  }
}
