import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "./run-program.ts";

/** Files in PEM, made by openssl. */
export interface Certificates {
  /** The authority, to be trusted by those who ask. */
  readonly ca: string;
  /** The server's, for 127.0.0.1, signed by the authority. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes an authority of one's own and a certificate for 127.0.0.1, good for two days, in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const openssl = (...args: string[]) => runOrThrow("openssl", args, { cwd: folder });
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-x509", "-days", "2", "-subj", "/CN=test authority"];
  await openssl("req", ...authority, ...fresh, "-keyout", "ca.key", "-out", "ca.pem");
  await openssl("req", ...fresh, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1");
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
  const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"];
  await openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", ...signing);
  return { ca: join(folder, "ca.pem"), certificate: join(folder, "server.pem"), key: join(folder, "server.key") };
}
