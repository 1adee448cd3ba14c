import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import type { Digest, Image } from "@strake/oci";
import { Content } from "./content.ts";
import { deleteBlob, deleteManifest } from "./delete-routes.ts";
import { type Exchange, sendBytes, sendError } from "./exchange.ts";
import { type Fault, type FaultRule, FaultRules } from "./fault.ts";
import { takeManifest } from "./manifest-upload.ts";
import { sendBlob, sendCatalog, sendManifest, sendTags } from "./read-routes.ts";
import { sendReferrers } from "./referrers-route.ts";
import { parseRoute, type Route } from "./route.ts";
import type { RegistryServerOptions } from "./server-options.ts";
import { sendChallenge, TokenRealm } from "./token-realm.ts";
import { takeUpload, Uploads } from "./upload-route.ts";

export type { Fault, FaultRule } from "./fault.ts";
export { sampleImage, sampleIndex } from "./sample-image.ts";
export type { RegistryServerOptions, TokenOptions } from "./server-options.ts";

/** A request as it came in. */
export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What the request is about, where it is about something that a registry has. */
  readonly on: Route["kind"] | undefined;
  readonly headers: http.IncomingHttpHeaders;
}

/** A registry on the loopback interface, in memory, for tests and small programs. */
export interface RegistryServer {
  /** Host and port as a reference names them: `127.0.0.1:40123`. */
  readonly address: string;
  /** Everything that was asked so far, in order. */
  readonly requests: readonly LoggedRequest[];
  /** Makes requests go wrong; the first rule that fits is applied. */
  fail(rule: FaultRule): void;
  /** Puts an image under a tag, or only under its digest. Faults do not apply. */
  put(repository: string, tag: string | undefined, image: Image): Promise<Digest>;
  /** Puts a manifest or an index under a tag, or only under its digest, without looking into it. */
  putManifest(repository: string, tag: string | undefined, bytes: Uint8Array, mediaType: string): Digest;
  /** Closes the server and every connection to it. */
  close(): Promise<void>;
}

/** Starts a registry that answers by the OCI distribution spec 1.1. */
export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const content = new Content();
  const rules = new FaultRules();
  const requests: LoggedRequest[] = [];
  const dispatch = makeDispatch(options);
  const listener: http.RequestListener = (request, response) => {
    const { method = "GET", url: path = "/" } = request;
    // What follows the method may be anything; two slashes at its beginning would make a host of the rest.
    const target = `http://registry${path}`;
    const url = new URL(URL.canParse(target) ? target : "http://registry");
    const route = parseRoute(url.pathname);
    requests.push({ method, path, on: route?.kind, headers: request.headers });
    const exchange = { request, response, url, content, fault: rules.take(route?.kind, method, path), options };
    dispatch(exchange, route).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendError(exchange, 500, "UNKNOWN", error instanceof Error ? error.message : String(error));
    });
  };
  const { tls } = options;
  const secure = { ...tls, ...(tls?.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }) };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(secure, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    requests,
    fail: (rule) => rules.add(rule),
    put: (repository, tag, image) => content.putImage(repository, tag, image),
    putManifest: (repository, tag, bytes, mediaType) => content.putManifest(repository, tag, { bytes, mediaType }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Dispatch = (exchange: Exchange, route: Route | undefined) => Promise<void>;

function makeDispatch(options: RegistryServerOptions): Dispatch {
  const uploads = new Uploads();
  const realm = new TokenRealm(options.token ?? {});
  return async (exchange, route) => {
    const { request, fault } = exchange;
    const method = request.method ?? "GET";
    if (fault?.kind === "lost-answer") exchange.response.end = () => exchange.response.destroy();
    if (fault !== undefined && (await sendFault(exchange, fault, route))) return;
    if (route === undefined) return sendError(exchange, 404, "NAME_UNKNOWN", "no such endpoint");
    if (route.kind === "token") return await realm.send(exchange);
    if (options.token !== undefined && !realm.admits(request.headers.authorization, route, method)) {
      return sendChallenge(exchange, route);
    }
    if (route.kind === "upload") return await takeUpload(exchange, route, uploads);
    if (method === "GET" || method === "HEAD") return await sendRead(exchange, route);
    if (method === "PUT" && route.kind === "manifest") return await takeManifest(exchange, route);
    if (method === "DELETE" && route.kind === "manifest") return await deleteManifest(exchange, route);
    if (method === "DELETE" && route.kind === "blob") return await deleteBlob(exchange, route);
    sendError(exchange, 405, "UNSUPPORTED", `${method} is unsupported`);
  };
}

async function sendRead(exchange: Exchange, route: Exclude<Route, { kind: "upload" | "token" }>): Promise<void> {
  if (route.kind === "manifest") return await sendManifest(exchange, route);
  if (route.kind === "blob") return await sendBlob(exchange, route);
  if (route.kind === "tags") return await sendTags(exchange, route);
  if (route.kind === "referrers") return await sendReferrers(exchange, route);
  if (route.kind === "catalog") return await sendCatalog(exchange);
  const headers = { "content-type": "application/json", "docker-distribution-api-version": "registry/2.0" };
  await sendBytes(exchange, 200, headers, Buffer.from("{}"));
}

/** Answers as a fault has it; false where the fault only spoils the answer that is given anyway. */
async function sendFault(exchange: Exchange, fault: Fault, route: Route | undefined): Promise<boolean> {
  const { request, response } = exchange;
  if (fault.kind === "hang") return true;
  if (fault.kind === "unauthorized") {
    if (fault.realm && route !== undefined) sendChallenge(exchange, route);
    else sendError(exchange, 401, "UNAUTHORIZED", "authentication required");
  } else if (fault.kind === "too-many-requests") {
    const headers = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
    sendError(exchange, 429, "TOOMANYREQUESTS", "too many requests", headers);
  } else if (fault.kind === "server-error") {
    sendError(exchange, fault.status ?? 500, "UNKNOWN", "something went wrong");
  } else if (fault.kind === "redirect") {
    response.writeHead(307, { location: new URL(request.url ?? "/", fault.to).href, "content-length": "0" }).end();
  } else if (fault.kind === "answer") {
    await sendBytes(exchange, fault.status, fault.headers ?? {}, Buffer.from(fault.body ?? ""));
  } else {
    return false;
  }
  return true;
}
