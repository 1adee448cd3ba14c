import { type Digest, isDigest } from "./digest.ts";
import { OciError } from "./oci-error.ts";

/** The name of an image, taken apart: `registry/repository[:tag][@digest]`. */
export interface Reference {
  /** Host and optional port: `docker.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  /** Path within the registry: `library/debian`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const registryPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;

/**
 * Parses an image name as Docker does (distribution/reference): `debian` is `docker.io/library/debian:latest`.
 *
 * A name without tag and digest gets the tag `latest`; one with a digest keeps its tag only if it was written.
 *
 * @throws OciError `invalid-reference`, naming the part that is wrong
 */
export function parseReference(text: string): Reference {
  // As Docker has it: nobody could tell it from an id.
  if (/^[0-9a-f]{64}$/.test(text)) throw invalid(text, "64 hexadecimal digits are the id of an image");
  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(text, `"${digest}" is not a digest`);
  }
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const tag = tagged ? named.slice(colon + 1) : undefined;
  const path = tagged ? named.slice(0, colon) : named;
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(text, `"${tag}" is not a tag`);

  const slash = path.indexOf("/");
  const first = slash === -1 ? "" : path.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const registry = hasRegistry ? (first === "index.docker.io" ? "docker.io" : first) : "docker.io";
  const rest = hasRegistry ? path.slice(slash + 1) : path;
  const repository = registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest;
  if (!registryPattern.test(registry)) throw invalid(text, `"${registry}" is not a registry's host`);
  if (rest === "") throw invalid(text, "the name is empty");
  if (/[A-Z]/.test(repository)) throw invalid(text, "a repository's name is lower case");
  if (!repositoryPattern.test(repository)) throw invalid(text, `"${rest}" is not a repository's name`);
  if (repository.length > 255) throw invalid(text, "the name is longer than 255 characters");
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest !== undefined ? { digest } : {}),
  };
}

/** What the name of a base begins with that is in the store of a Docker Engine. */
const engineScheme = "docker-daemon://";
/** What stands in the place of a registry for those; no registry can be called that. */
const engineRegistry: string = engineScheme.slice(0, -1);

/**
 * Parses the name of a base: an image name, or one after `docker-daemon://` for an image of a Docker Engine's store.
 *
 * @throws OciError `invalid-reference`
 */
export function parseBaseName(text: string): Reference {
  if (!text.startsWith(engineScheme)) return parseReference(text);
  const { registry, repository, ...rest } = parseReference(text.slice(engineScheme.length));
  return { registry: engineRegistry, repository: `${registry}/${repository}`, ...rest };
}

/** The name that a Docker Engine knows an image of its store by, or undefined for an image of a registry. */
export function engineImageName({ registry, repository, tag, digest }: Reference): string | undefined {
  if (registry !== engineRegistry) return undefined;
  const { tag: _latest, ...name } = parseReference(repository);
  return familiarReference({
    ...name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
}

/** Writes a reference in full, with registry and, where there is one, tag and digest. */
export function printReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Writes a reference as people do: without `docker.io/` and `library/`. */
export function familiarReference(reference: Reference): string {
  const full = printReference(reference);
  if (reference.registry !== "docker.io") return full;
  return full.slice("docker.io/".length).replace(/^library\/(?!.*\/)/, "");
}

function invalid(text: string, why: string): OciError {
  return new OciError("invalid-reference", `"${text}" is not an image name: ${why}`);
}
