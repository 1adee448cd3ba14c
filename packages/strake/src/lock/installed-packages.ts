import { type Digest, type Image, type Layer, parseWhiteout, readTar, type Whiteout } from "@strake/oci";
import { type Packages, parseApkInstalled, parseDpkgStatus } from "./parse-packages.ts";
import { parseRpmDatabase } from "./parse-rpm.ts";

/** What one layer has of the files that tell of packages, and what it hides of the layers below. */
interface LayerFiles {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly whiteouts: readonly Whiteout[];
}

const dpkgStatus = "var/lib/dpkg/status";
const dpkgFolder = "var/lib/dpkg/status.d/";
const apkInstalled = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const rpmFolders = ["var/lib/rpm", "usr/lib/sysimage/rpm"];
/** SQLite, ndb, and Berkeley DB. */
const rpmDatabases = rpmFolders.flatMap((folder) => [
  `${folder}/rpmdb.sqlite`,
  `${folder}/Packages.db`,
  `${folder}/Packages`,
]);
/** Lists that are one file for all packages. */
const wholeLists: ReadonlySet<string> = new Set([dpkgStatus, ...apkInstalled, ...rpmDatabases]);

/** The most bytes of such a file that are read; dpkg's own has a few megabytes on a full desktop, rpm's a few dozen. */
const longestFile = 256 * 1024 * 1024;

/** What an image's own files tell of its packages. */
export interface ToldPackages {
  /** Absent where the image has no list that can be read. */
  readonly packages?: Packages;
  /** Why a list that is there cannot be read. */
  readonly unread?: string;
}

/** Reads from images which packages they have; a layer that several images have is read once. */
export class InstalledPackages {
  readonly #layers = new Map<Digest, Promise<LayerFiles>>();

  /** The packages that an image's own files tell of. */
  async of(image: Image): Promise<ToldPackages> {
    const layers = await image.layers();
    const { layers: descriptors } = await image.manifest();
    const found = new Map<string, Uint8Array>();
    const hidden: Whiteout[] = [];
    // From the top down: most lists are one file, so what is below the uppermost does not count.
    for (let at = layers.length - 1; at >= 0; at--) {
      const { files, whiteouts } = await this.#filesOf(
        (descriptors[at] as { digest: Digest }).digest,
        layers[at] as Layer,
      );
      for (const [path, bytes] of files) {
        if (!found.has(path) && !hidden.some((whiteout) => hides(whiteout, path))) found.set(path, bytes);
      }
      if ([...found.keys()].some((path) => wholeLists.has(path))) break;
      hidden.push(...whiteouts);
    }
    return read([...found]);
  }

  #filesOf(digest: Digest, layer: Layer): Promise<LayerFiles> {
    const reading = this.#layers.get(digest) ?? readLayer(layer);
    this.#layers.set(digest, reading);
    return reading;
  }
}

async function readLayer(layer: Layer): Promise<LayerFiles> {
  const files = new Map<string, Uint8Array>();
  const whiteouts: Whiteout[] = [];
  for await (const { entry, body } of readTar(layer.uncompressed())) {
    const whiteout = parseWhiteout(entry.path);
    if (whiteout !== undefined) whiteouts.push(whiteout);
    else if (entry.type === "file" && tells(entry.path) && entry.size <= longestFile) {
      files.set(entry.path, await bytesOf(body()));
    }
  }
  return { files, whiteouts };
}

function tells(path: string): boolean {
  // Beside each file of distroless images there is one with checksums, which is no list.
  const own = path.startsWith(dpkgFolder) && !path.endsWith(".md5sums");
  return own || wholeLists.has(path);
}

function hides(whiteout: Whiteout, path: string): boolean {
  if (whiteout.kind === "ignored") return false;
  const below = path.startsWith(`${whiteout.path}/`);
  return below || (whiteout.kind === "remove" && path === whiteout.path);
}

function read(files: readonly (readonly [string, Uint8Array])[]): ToldPackages {
  const lists: Packages[] = [];
  let unread: string | undefined;
  for (const [path, bytes] of files) {
    if (!rpmDatabases.includes(path)) lists.push(parse(path, Buffer.from(bytes).toString("utf8")));
    else {
      try {
        lists.push(parseRpmDatabase(bytes));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        unread = `/${path} cannot be read: ${error.message}`;
      }
    }
  }
  if (lists.length === 0) return unread === undefined ? {} : { unread };
  return { packages: new Map(lists.flatMap((list) => [...list])) };
}

function parse(path: string, text: string): Packages {
  return apkInstalled.includes(path) ? parseApkInstalled(text) : parseDpkgStatus(text);
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // What a member gives is a view of what was read, so it is copied.
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
