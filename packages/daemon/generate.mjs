// Makes src/generated anew: node packages/daemon/generate.mjs PROTO_FOLDER BUF_FOLDER; README.md says what they are.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const [modules, tools] = process.argv.slice(2);
const output = join(import.meta.dirname, "src/generated");
const buildkit = "github.com/moby/buildkit";
const files = [
  `${buildkit}/api/services/control/control.proto`,
  `${buildkit}/api/types/worker.proto`,
  `${buildkit}/session/auth/auth.proto`,
  `${buildkit}/session/filesync/filesync.proto`,
  `${buildkit}/session/secrets/secrets.proto`,
  `${buildkit}/session/sshforward/ssh.proto`,
  `${buildkit}/session/upload/upload.proto`,
  `${buildkit}/solver/errdefs/errdefs.proto`,
  `${buildkit}/solver/pb/ops.proto`,
  `${buildkit}/sourcepolicy/pb/policy.proto`,
  "github.com/containerd/containerd/api/services/content/v1/content.proto",
  "github.com/tonistiigi/fsutil/types/stat.proto",
  "github.com/tonistiigi/fsutil/types/wire.proto",
];
/** Small definitions that nothing above brings along; the first has the fields of its published one. */
const own = {
  "google/rpc/status.proto": `package google.rpc;
import "google/protobuf/any.proto";
message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }`,
  "grpc/health/v1/health.proto": `package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }`,
};

const work = mkdtempSync(join(tmpdir(), "strake-generate-"));
for (const file of files) {
  // Options of a Go generator, whose definitions are not there.
  const text = readFileSync(join(modules, file), "utf8").replace(/^.*vtproto.*\n/gm, "");
  write(join(work, "proto", file), text);
}
for (const [file, text] of Object.entries(own)) write(join(work, "proto", file), `syntax = "proto3";\n${text}\n`);
write(join(work, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n");
const plugin = join(tools, "node_modules/.bin/protoc-gen-es");
const options = "[target=ts, import_extension=ts]";
write(join(work, "buf.gen.yaml"), `version: v2\nplugins:\n  - local: ${plugin}\n    out: gen\n    opt: ${options}\n`);
execFileSync(join(tools, "node_modules/.bin/buf"), ["generate"], { cwd: work, stdio: "inherit" });
for (const name of readdirSync(join(work, "gen"), { recursive: true })) {
  if (name.endsWith(".ts")) {
    const text = readFileSync(join(work, "gen", name), "utf8");
    write(join(work, "gen", name), withoutProse(withoutEnums(text)));
  }
}
rmSync(output, { recursive: true, force: true });
cpSync(join(work, "gen"), output, { recursive: true });
rmSync(work, { recursive: true });
execFileSync(process.execPath, [join(import.meta.dirname, "generate-fields.mjs")], { stdio: "inherit" });

/** Enums become constant objects: types of this repository can be erased. */
function withoutEnums(text) {
  return text.replace(/export enum (\w+) \{\n([\s\S]*?)\n\}\n/g, (_, name, body) => {
    const object = body.replace(/^(\s+\w+) = (-?\d+),$/gm, "$1: $2,");
    const type = `export type ${name} = (typeof ${name})[keyof typeof ${name}];`;
    return `export const ${name} = {\n${object}\n} as const;\n\n${type}\n`;
  });
}

/** What the definitions say of themselves stays with them; where each thing comes from is kept. */
function withoutProse(text) {
  return text.replace(/[ \t]*\/\*\*\n(?:\s*\*.*\n)*?\s*\*\/\n/g, (comment) => {
    const [first, ...rest] = comment.split("\n");
    const kept = rest.slice(0, -2).filter((line) => /^\s*\* @/.test(line));
    return kept.length === 0 ? "" : [first, ...kept, ...rest.slice(-2)].join("\n");
  });
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
