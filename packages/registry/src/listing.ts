import { type Descriptor, type Digest, digestParts, mediaType, OciError, parseImageIndex } from "@strake/oci";
import type { EndpointClient, EndpointRequest } from "./endpoint-client.ts";
import { redactUrl } from "./http/redact.ts";
import { RegistryError } from "./registry-error.ts";

/** A page of a list that a registry tells in parts. */
interface Page {
  readonly bytes: Uint8Array;
  readonly url: URL;
}

/** What is asked for of a list, page by page. */
type ListRequest = Pick<EndpointRequest, "repository" | "path" | "headers" | "signal">;

/** What the distribution spec has registries take of a manifest; no page of a list is longer. */
const longestPage = 4 * 1024 * 1024;

/** Reads the tags of a repository, in the registry's order (distribution spec 1.1, end-8). @throws RegistryError */
export async function listTags(
  endpoint: EndpointClient,
  repository: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return await listNames(endpoint, { repository, path: "tags/list", signal }, "tags");
}

/**
 * Reads the names of a registry's repositories, as far as it tells them.
 *
 * The distribution spec leaves the catalog to registries: Docker's has it, big public ones refuse.
 *
 * @throws RegistryError
 */
export async function listRepositories(endpoint: EndpointClient, signal?: AbortSignal): Promise<readonly string[]> {
  return await listNames(endpoint, { repository: "", path: "_catalog", signal }, "repositories");
}

/**
 * Reads what refers to a manifest, such as its signatures (distribution spec 1.1, "Listing Referrers").
 *
 * A registry without the endpoint answers 404; there the list is an index under a tag made from the digest.
 *
 * @param artifactType leaves out everything of another type, whether or not the registry filters
 * @throws RegistryError
 */
export async function listReferrers(
  endpoint: EndpointClient,
  repository: string,
  subject: Digest,
  artifactType?: string,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType })}`;
  const headers = { accept: mediaType.ociIndex };
  const ask = { repository, headers, signal };
  const pages =
    (await unlessMissing(readPages(endpoint, { ...ask, path: `referrers/${subject}${query}` }))) ??
    (await unlessMissing(readPages(endpoint, { ...ask, path: `manifests/${referrersTag(subject)}` }))) ??
    [];
  const found = pages.flatMap(readReferrers);
  return artifactType === undefined ? found : found.filter((one) => one.artifactType === artifactType);
}

/** The tag under which a registry without the endpoint keeps what refers to a manifest ("Referrers Tag Schema"). */
export function referrersTag(subject: Digest): string {
  const { algorithm, hex } = digestParts(subject);
  // A tag has 128 characters at most, so the spec cuts both parts.
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

async function listNames(
  endpoint: EndpointClient,
  request: ListRequest,
  member: "tags" | "repositories",
): Promise<readonly string[]> {
  const pages = await readPages(endpoint, request);
  return pages.flatMap((page) => readNames(page, member));
}

/** Follows `Link` headers to the end (RFC 8288; distribution spec 1.1, "Listing Tags"). */
async function readPages(endpoint: EndpointClient, request: ListRequest): Promise<readonly Page[]> {
  const pages: Page[] = [];
  const asked = new Set<string>();
  let location: URL | undefined;
  do {
    const at = location === undefined ? {} : { location };
    const { bytes, response } = await endpoint.requestDocument({ method: "GET", ...request, ...at }, longestPage);
    const { url, headers } = response;
    pages.push({ bytes, url });
    asked.add(url.href);
    location = nextPage(headers.link?.toString() ?? "", url);
    if (location !== undefined && asked.has(location.href)) {
      throw invalid(location, "INVALID_LINK", "the pages of the list go round in circles");
    }
  } while (location !== undefined);
  return pages;
}

function nextPage(link: string, base: URL): URL | undefined {
  const [, next] = /<([^>]+)>\s*;\s*(?:[^,<]*;\s*)?rel="?next"?/i.exec(link) ?? [];
  if (next === undefined) return undefined;
  if (!URL.canParse(next, base.href)) throw invalid(base, "INVALID_LINK", "the next page of the list has no address");
  const target = new URL(next, base);
  if (target.protocol === base.protocol || target.protocol === "https:") return target;
  throw invalid(base, "INVALID_LINK", "the next page of the list would leave https for another protocol");
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (RegistryError.is(error) && error.code === "not-found") return undefined;
    throw error;
  }
}

function readReferrers({ bytes, url }: Page): readonly Descriptor[] {
  try {
    return parseImageIndex(bytes, "the list of referrers").manifests;
  } catch (error) {
    if (!OciError.is(error)) throw error;
    throw invalid(url, "INVALID_REFERRERS", error.message);
  }
}

function readNames({ bytes, url }: Page, member: "tags" | "repositories"): readonly string[] {
  try {
    const document = JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>;
    const names = document[member];
    if (names === null || names === undefined) return [];
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // Falls through: what is no JSON is no list either.
  }
  throw invalid(url, `INVALID_${member.toUpperCase()}`, `that is no list of ${member}`);
}

function invalid(url: URL, code: string, message: string): RegistryError {
  return new RegistryError("invalid-response", `GET ${redactUrl(url)}: ${code}: ${message}`, {
    hint: "The registry, or a proxy on the way, is set up wrongly.",
  });
}
