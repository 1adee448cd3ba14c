import { type Digest, type Image, type Layer, parseWhiteout, readTar, type Whiteout } from "@strake/oci";
import { type Packages, parseApkInstalled, parseDpkgStatus } from "./parse-packages.ts";

/** What one layer has of the files that tell of packages, and what it hides of the layers below. */
interface LayerFiles {
  readonly files: ReadonlyMap<string, string>;
  readonly whiteouts: readonly Whiteout[];
}

const dpkgStatus = "var/lib/dpkg/status";
const dpkgFolder = "var/lib/dpkg/status.d/";
const apkInstalled = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

/** The most bytes of such a file that are read; dpkg's own has a few megabytes on a full desktop. */
const longestFile = 64 * 1024 * 1024;

/** Reads from images which packages they have; a layer that several images have is read once. */
export class InstalledPackages {
  readonly #layers = new Map<Digest, Promise<LayerFiles>>();

  /** The packages that an image's own files tell of, or undefined where none do that are known here. */
  async of(image: Image): Promise<Packages | undefined> {
    const layers = await image.layers();
    const { layers: descriptors } = await image.manifest();
    const found = new Map<string, string>();
    const hidden: Whiteout[] = [];
    // From the top down: the list of dpkg and of apk is one file, so what is below the uppermost does not count.
    for (let at = layers.length - 1; at >= 0; at--) {
      const { files, whiteouts } = await this.#filesOf(
        (descriptors[at] as { digest: Digest }).digest,
        layers[at] as Layer,
      );
      for (const [path, text] of files) {
        if (!found.has(path) && !hidden.some((whiteout) => hides(whiteout, path))) found.set(path, text);
      }
      if (found.has(dpkgStatus) || apkInstalled.some((path) => found.has(path))) break;
      hidden.push(...whiteouts);
    }
    return found.size === 0 ? undefined : merge([...found]);
  }

  #filesOf(digest: Digest, layer: Layer): Promise<LayerFiles> {
    const reading = this.#layers.get(digest) ?? readLayer(layer);
    this.#layers.set(digest, reading);
    return reading;
  }
}

async function readLayer(layer: Layer): Promise<LayerFiles> {
  const files = new Map<string, string>();
  const whiteouts: Whiteout[] = [];
  for await (const { entry, body } of readTar(layer.uncompressed())) {
    const whiteout = parseWhiteout(entry.path);
    if (whiteout !== undefined) whiteouts.push(whiteout);
    else if (entry.type === "file" && tells(entry.path) && entry.size <= longestFile) {
      files.set(entry.path, await textOf(body()));
    }
  }
  return { files, whiteouts };
}

function tells(path: string): boolean {
  // Beside each file of distroless images there is one with checksums, which is no list.
  const own = path.startsWith(dpkgFolder) && !path.endsWith(".md5sums");
  return own || path === dpkgStatus || apkInstalled.includes(path);
}

function hides(whiteout: Whiteout, path: string): boolean {
  if (whiteout.kind === "ignored") return false;
  const below = path.startsWith(`${whiteout.path}/`);
  return below || (whiteout.kind === "remove" && path === whiteout.path);
}

function merge(files: readonly (readonly [string, string])[]): Packages {
  const lists = files.map(([path, text]) =>
    apkInstalled.includes(path) ? parseApkInstalled(text) : parseDpkgStatus(text),
  );
  return new Map(lists.flatMap((list) => [...list]));
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  // What a member gives is a view of what was read, so it is copied.
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
