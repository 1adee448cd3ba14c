import { StrakeError } from "@strake/core";

/** A place that `--output` names. */
export type OutputOption = FileOutput | ImageOutput | LoadOutput;

/** The local image store, or the registries that the image's names say. */
export interface ImageOutput {
  readonly type: "image";
  /** False: the image is kept in the local store under its names. */
  readonly push: boolean;
  /** Names that the image gets there, besides those of `--tag`. */
  readonly names: readonly string[];
  /** It is known there by its digest alone: the names have no tags. */
  readonly byDigest?: true;
  readonly mediaTypes?: "docker";
  readonly compression?: OutputCompression;
  readonly compressionLevel?: number;
  /** Layers that are packed otherwise already, such as a base's, are packed anew; a daemon does that. */
  readonly forceCompression?: boolean;
}

/** The Docker daemon. */
export interface LoadOutput {
  readonly type: "load";
  /** Names that the image gets there, besides those of `--tag`. */
  readonly names: readonly string[];
}

/** A file or a folder. */
export interface FileOutput {
  /** `docker` and `oci` are images, `local` and `tar` the files of one. */
  readonly type: "docker" | "oci" | "local" | "tar";
  /** A path as it was given; `-` is standard output. */
  readonly destination: string;
  /** False: an OCI image layout, or the files of an image, are written as a folder. */
  readonly tar: boolean;
  /** Names that the image gets in what is written, besides those of `--tag`. */
  readonly names: readonly string[];
  /** Absent where an OCI layout has OCI's. */
  readonly mediaTypes?: "docker";
  readonly compression?: OutputCompression;
  readonly compressionLevel?: number;
  /** Layers that are packed otherwise already, such as a base's, are packed anew; a daemon does that. */
  readonly forceCompression?: boolean;
}

export type OutputCompression = "uncompressed" | "gzip" | "zstd";

const fileTypes = ["docker", "oci", "local", "tar"] as const;
const types = [...fileTypes, "image", "registry"] as const;
/** Fields of BuildKit's that say what is so anyway. */
const always: readonly string[] = ["name-canonical", "rewrite-timestamp", "store", "unpack"];
const compressions = ["uncompressed", "gzip", "zstd"] as const;

/**
 * Reads one `--output`, in buildx's notation: `type=oci,dest=image.tar`, `type=image,name=NAME,push=true` and
 * `type=registry` for the same, `type=docker` without a path for the Docker daemon, or a folder for `type=local`, or
 * `-` for `type=tar` on standard output.
 *
 * @throws StrakeError `usage`
 */
export function parseOutputOption(text: string): OutputOption {
  const fields = parseFields(text);
  if (fields === undefined) return plainOutput(text);
  const { type, dest, name, push, compression, tar, ...others } = fields;
  const { "compression-level": level, "force-compression": forced, ...rest } = others;
  const { "oci-mediatypes": ociTypes, "push-by-digest": byDigest, ...unknown } = rest;
  const force = parseBoolean(text, "force-compression", forced);
  for (const field of always.filter((each) => each in unknown)) {
    if (!parseBoolean(text, field, unknown[field])) throw invalid(text, `${field}= is always true here`);
  }
  const mistaken = Object.keys(unknown).find((field) => !always.includes(field));
  if (mistaken !== undefined) throw invalid(text, `there is no field "${mistaken}"`);
  if (type === undefined) throw invalid(text, "the type is missing", `Types are ${types.join(", ")}.`);
  if (!types.some((each) => each === type)) {
    throw invalid(text, `there is no type "${type}"`, `Types are ${types.join(", ")}.`);
  }
  const names = (name ?? "").split(",").filter((each) => each !== "");
  const known = fileTypes.find((each) => each === type);
  if (known === undefined) {
    if (dest !== undefined) throw invalid(text, `type=${type} has names, and no dest=`);
    if (tar !== undefined) throw invalid(text, "tar= is for type=oci");
    const pushes = type === "registry" ? parseBoolean(text, "push", push ?? "true") : parseBoolean(text, "push", push);
    const packing = {
      ...parseCompression(text, true, compression, level, force),
      ...parseMediaTypes(text, ociTypes, compression),
    };
    const digested = parseBoolean(text, "push-by-digest", byDigest) ? ({ byDigest: true } as const) : {};
    return { type: "image", push: pushes, names, ...digested, ...packing };
  }
  if (byDigest !== undefined) throw invalid(text, "push-by-digest= is for type=image");
  if (ociTypes !== undefined && known !== "oci") throw invalid(text, "oci-mediatypes= is for type=oci and type=image");
  if (push !== undefined) throw invalid(text, "push= is for type=image");
  if (tar !== undefined && known !== "oci") throw invalid(text, "tar= is for type=oci");
  if (known === "docker" && dest === undefined) {
    return { type: "load", names, ...parseCompression(text, false, compression, level, force) };
  }
  if (dest === undefined || dest === "") throw invalid(text, "dest=PATH is missing");
  const folder = known === "local" || tar === "false";
  if (folder && dest === "-") throw invalid(text, "a folder cannot be written to standard output");
  return {
    type: known,
    destination: dest,
    tar: !folder,
    names,
    ...parseCompression(text, known === "oci", compression, level, force),
    ...parseMediaTypes(text, ociTypes, compression),
  };
}

function parseMediaTypes(
  text: string,
  ociTypes: string | undefined,
  compression: string | undefined,
): Pick<FileOutput, "mediaTypes"> {
  if (ociTypes === undefined || parseBoolean(text, "oci-mediatypes", ociTypes)) return {};
  if (compression === "zstd") throw invalid(text, "Docker's media types know no zstd; use gzip, or OCI media types");
  return { mediaTypes: "docker" };
}

/** As buildx reads one: what is there without a value is true. */
function parseBoolean(text: string, field: string, value: string | undefined): boolean {
  if (value === undefined || /^(?:false|0|f)$/i.test(value)) return false;
  if (/^(?:true|1|t|)$/i.test(value)) return true;
  throw invalid(text, `${field}= is true or false, and not "${value}"`);
}

function plainOutput(text: string): FileOutput {
  if (text === "") throw invalid(text, "it is empty");
  const type = text === "-" ? "tar" : "local";
  return { type, destination: text, tar: type === "tar", names: [] };
}

function parseCompression(
  text: string,
  packs: boolean,
  compression: string | undefined,
  level: string | undefined,
  force: boolean,
): Pick<FileOutput, "compression" | "compressionLevel" | "forceCompression"> {
  if (compression === undefined && level === undefined && !force) return {};
  if (!packs)
    throw invalid(text, "layers are not compressed there; compression is for type=oci and for what is pushed");
  const known = compressions.find((each) => each === compression);
  if (compression !== undefined && known === undefined) {
    throw invalid(text, `there is no compression "${compression}"`, `There are ${compressions.join(", ")}.`);
  }
  if (level !== undefined && !/^\d{1,2}$/.test(level)) throw invalid(text, `"${level}" is not a compression level`);
  return {
    ...(known === undefined ? {} : { compression: known }),
    ...(level === undefined ? {} : { compressionLevel: Number(level) }),
    ...(force ? { forceCompression: true } : {}),
  };
}

/** Reads comma-separated `key=value` fields, each of which may be in double quotes; nothing when there is no key. */
function parseFields(text: string): Readonly<Record<string, string>> | undefined {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => {
    return match[1]?.replaceAll('""', '"') ?? match[2] ?? "";
  });
  if (fields.length === 1 && !fields[0]?.includes("=")) return undefined;
  return Object.fromEntries(
    fields.map((field) => {
      // As in docker's own examples: `type=image,push`.
      if (field === "push" || field === "push-by-digest") return [field, "true"];
      const at = field.indexOf("=");
      if (at < 1) throw invalid(text, `"${field}" is not a field`);
      const key = field.slice(0, at).trim().toLowerCase();
      return [key === "destination" ? "dest" : key, field.slice(at + 1)];
    }),
  );
}

function invalid(text: string, why: string, ...notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "usage", message: `--output ${text}: ${why}`, notes });
}
