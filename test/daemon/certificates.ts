import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../support/run-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Makes two authorities, and a server and a client that the first has signed; files in the PEM form. */
export async function certificates() {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => runOrThrow("openssl", args, { cwd: folder });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const name of ["ca", "other"]) {
    await openssl(
      "req",
      "-x509",
      ...curve,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    );
  }
  writeFileSync(at("extensions"), "subjectAltName=DNS:buildkit.test,IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    await openssl("req", ...curve, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.pem`);
  }
  return {
    ca: at("ca.pem"),
    cert: at("client.pem"),
    key: at("client.key"),
    serverCert: at("server.pem"),
    serverKey: at("server.key"),
    other: at("other.pem"),
  };
}
