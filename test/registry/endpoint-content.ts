import { createHash } from "node:crypto";

/** What a repository holds before a request of the table is made, and what the request may speak of. */
export interface EndpointContent {
  /** Texts by the name that stands for them in braces: `{repo}`, `{blob}`, `{upload}`. */
  readonly words: Readonly<Record<string, string>>;
  /** Bodies of requests by name. */
  readonly bodies: Readonly<Record<string, string>>;
}

export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociIndex = "application/vnd.oci.image.index.v1+json";

const blob = "the bytes of a blob\n";
const lonely = "a blob that only the other repository has\n";
const missing = digestOf("nobody has this");

/** Fills a repository and its neighbour by plain requests, and begins two uploads, one with its first ten bytes. */
export async function makeEndpointContent(base: string, repo: string): Promise<EndpointContent> {
  const other = `${repo}-other`;
  await pushBlob(base, repo, blob);
  await pushBlob(base, other, lonely);
  const manifest = document({ config: described(blob), layers: [described(blob)] });
  for (const tag of ["a", "b", "c"]) await pushManifest(base, repo, tag, manifest);
  const subject = { ...described(manifest), mediaType: ociManifest };
  const config = { ...described(blob), mediaType: "text/x-note" };
  const referrer = document({ config, layers: [], subject, annotations: { x: "y" } });
  await pushManifest(base, repo, digestOf(referrer), referrer);
  const upload = await begin(base, repo);
  const started = await send(base, await begin(base, repo), { method: "PATCH", body: blob.slice(0, 10) });
  const bodies = {
    blob,
    rest: blob.slice(10),
    manifest,
    referrer,
    orphan: document({ config: { ...described(blob), digest: missing }, layers: [] }),
    index: JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [subject] }),
    gap: JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...subject, digest: missing }] }),
    nonsense: "{",
    huge: JSON.stringify({ schemaVersion: 2, padding: " ".repeat(5 * 1024 * 1024) }),
  };
  const words = {
    repo,
    other,
    blob: digestOf(blob),
    lonely: digestOf(lonely),
    missing,
    manifest: digestOf(manifest),
    referrer: digestOf(referrer),
    upload,
    started: locationOf(started, base),
  };
  return { words, bodies };
}

/** Puts what the words stand for into a text. */
export function fillIn(text: string, words: EndpointContent["words"]): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? `{${name}}`);
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function described(text: string) {
  return { mediaType: "application/octet-stream", digest: digestOf(text), size: Buffer.byteLength(text) };
}

function document(members: object): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, ...members });
}

async function pushBlob(base: string, repo: string, text: string): Promise<void> {
  const upload = withDigest(await begin(base, repo), digestOf(text));
  await send(base, upload, { method: "PUT", body: text });
}

async function pushManifest(base: string, repo: string, reference: string, body: string): Promise<void> {
  const headers = { "content-type": ociManifest };
  await send(base, `/v2/${repo}/manifests/${reference}`, { method: "PUT", body, headers });
}

async function begin(base: string, repo: string): Promise<string> {
  return locationOf(await send(base, `/v2/${repo}/blobs/uploads/`, { method: "POST" }), base);
}

function locationOf(response: Response, base: string): string {
  const { pathname, search } = new URL(response.headers.get("location") ?? "", base);
  return `${pathname}${search}`;
}

function withDigest(path: string, digest: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}digest=${digest}`;
}

async function send(base: string, path: string, request: RequestInit): Promise<Response> {
  const headers = { "content-type": "application/octet-stream", ...request.headers };
  const response = await fetch(`${base}${path}`, { ...request, headers });
  if (!response.ok) throw new Error(`${request.method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}
