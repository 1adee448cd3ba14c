import { type CopyFrom, cleanPath, type Mount, nearest } from "@strake/core";

/** What reading a mount needs to know of its stage. */
export interface MountScope {
  expand(text: string): string;
  from(name: string): CopyFrom;
  readonly context: CopyFrom;
  /** What the names of caches begin with. */
  readonly cacheNamespace: string;
  fail(message: string): Error;
}

interface Fields {
  type: string;
  from?: string;
  source?: string;
  target?: string;
  readonly?: boolean;
  required?: boolean;
  size?: number;
  id?: string;
  sharing?: string;
  mode?: number;
  uid?: number;
  gid?: number;
  env?: string;
}

const types = ["bind", "cache", "tmpfs", "secret", "ssh"];
const sharings = ["shared", "private", "locked"];
const aliases: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
  rw: "readwrite",
};
const names = [
  ...["type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "size"],
  ...["mode", "uid", "gid", "env", ...Object.keys(aliases)],
];

/**
 * Reads the value of `RUN --mount`.
 *
 * @throws the scope's error, with BuildKit's words
 */
export function readMount(text: string, scope: MountScope): Mount {
  const fields: Fields = { type: "bind" };
  for (const field of splitCsv(text, scope)) readField(field, fields, scope);
  checkFields(fields, scope);
  return toMount(fields, scope);
}

function readField(field: string, fields: Fields, scope: MountScope): void {
  const equals = field.indexOf("=");
  const written = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
  const key = aliases[written] ?? written;
  const raw = equals === -1 ? undefined : field.slice(equals + 1);
  const late = fields.type === "secret" || fields.type === "ssh";
  if (key === "required" && !late) throw scope.fail(`unexpected key '${written}' for mount type '${fields.type}'`);
  if (raw === undefined && !/^(?:readonly|readwrite|required)$/.test(key)) {
    throw scope.fail(`invalid field '${field}' must be a key=value pair`);
  }
  if (key === "from" && /\$./.test(raw ?? "")) {
    throw scope.fail("'from' doesn't support variable expansion, define alias stage instead");
  }
  const value = raw === undefined ? "true" : scope.expand(raw);
  const fail = () => scope.fail(`invalid value for ${written}: ${value}`);
  switch (key) {
    case "type":
      fields.type = choose(value, types, "mount type", scope);
      break;
    case "sharing":
      fields.sharing = choose(value, sharings, "sharing value", scope);
      break;
    case "from":
    case "source":
    case "target":
    case "id":
    case "env":
      fields[key] = value;
      break;
    case "readonly":
    case "readwrite":
      fields.readonly = readBoolean(value, fail) === (key === "readonly");
      break;
    case "required":
      fields.required = readBoolean(value, fail);
      break;
    case "size":
      if (fields.type !== "tmpfs") throw scope.fail(`unexpected key 'size' for mount type '${fields.type}'`);
      fields.size = readSize(value, fail);
      break;
    case "mode":
      fields.mode = readNumber(value, 8, fail);
      break;
    case "uid":
    case "gid":
      fields[key] = readNumber(value, 10, fail);
      break;
    default: {
      const meant = nearest(key, names);
      const question = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      throw scope.fail(`unexpected key '${written}' in '${field}'${question}`);
    }
  }
}

function checkFields(fields: Fields, scope: MountScope): void {
  if (fields.type === "bind" || fields.type === "tmpfs") {
    for (const key of ["mode", "uid", "gid"] as const) {
      if (fields[key] !== undefined) throw scope.fail(`${key} not allowed for "${fields.type}" type mounts`);
    }
  }
  if (fields.sharing !== undefined && fields.type !== "cache") {
    throw scope.fail(`invalid cache sharing set for ${fields.type} mount`);
  }
  if (fields.type === "secret") {
    if (fields.from) throw scope.fail("secret mount should not have a from");
    if (!fields.source && !fields.target && !fields.id) {
      throw scope.fail("invalid secret mount. one of source, target required");
    }
    if (fields.source && fields.id) throw scope.fail("both source and id can't be set");
  }
}

function toMount(fields: Fields, scope: MountScope): Mount {
  // Without a target, the working folder itself is mounted over.
  const { target = "", source } = fields;
  const owner = {
    ...(fields.mode === undefined ? {} : { mode: fields.mode }),
    ...(fields.uid === undefined ? {} : { uid: fields.uid }),
    ...(fields.gid === undefined ? {} : { gid: fields.gid }),
  };
  const where = { ...(target === "" ? {} : { target }), ...(fields.required ? { required: true } : {}), ...owner };
  const inside = source ? { source } : {};
  switch (fields.type) {
    case "cache":
      return {
        type: "cache",
        target,
        ...cacheId(fields.id || cleanPath(target), target, scope),
        ...(fields.sharing === undefined ? {} : { sharing: fields.sharing as "shared" }),
        ...(fields.from ? { from: scope.from(fields.from) } : {}),
        ...inside,
        ...(fields.readonly ? { readonly: true } : {}),
        ...owner,
      };
    case "tmpfs":
      return { type: "tmpfs", target, ...(fields.size === undefined ? {} : { size: fields.size }) };
    case "secret": {
      const id = fields.id || source || (target.split("/").at(-1) as string);
      return { type: "secret", id, ...(fields.env === undefined ? {} : { env: fields.env || id }), ...where };
    }
    case "ssh":
      return { type: "ssh", ...(fields.id ? { id: fields.id } : {}), ...where };
    default: {
      const from = fields.from ? scope.from(fields.from) : scope.context;
      return { type: "bind", target, from, ...inside, ...(fields.readonly === false ? { writable: true } : {}) };
    }
  }
}

/** Without a name, a cache is called by its place as it is written, even if that is relative. */
function cacheId(name: string, target: string, scope: MountScope): { id?: string } {
  const id = scope.cacheNamespace + name;
  return id === target && id.startsWith("/") ? {} : { id };
}

function choose(value: string, choices: readonly string[], what: string, scope: MountScope): string {
  const chosen = value.toLowerCase();
  if (choices.includes(chosen)) return chosen;
  const meant = nearest(value, choices);
  throw scope.fail(`unsupported ${what} "${value}"${meant === undefined ? "" : ` (did you mean ${meant}?)`}`);
}

function readBoolean(value: string, fail: () => Error): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw fail();
}

function readNumber(value: string, base: 8 | 10, fail: () => Error): number {
  const number = (base === 8 ? /^[0-7]+$/ : /^\d+$/).test(value) ? Number.parseInt(value, base) : Number.NaN;
  if (!(number < 2 ** 32)) throw fail();
  return number;
}

/** A size as Docker's tools read it: `100m`, `1.5GiB`; powers of 1024. */
function readSize(value: string, fail: () => Error): number {
  const found = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(value);
  if (found === null) throw fail();
  return Math.floor(Number(found[1]) * 1024 ** " kmgtp".indexOf((found[2] as string).toLowerCase() || " "));
}

/** Splits one line of comma-separated values, of which quoted ones may have commas and doubled quotes (RFC 4180). */
function splitCsv(text: string, scope: MountScope): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    if (text[at] !== '"') {
      const comma = text.indexOf(",", at);
      const end = comma === -1 ? text.length : comma;
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    const found = /"((?:[^"]|"")*)"(?:,|$)/y;
    found.lastIndex = at;
    const match = found.exec(text);
    if (match === null) throw scope.fail("failed to parse csv mounts: a quote is not closed");
    fields.push((match[1] as string).replaceAll('""', '"'));
    at = found.lastIndex + (match[0].endsWith(",") ? 0 : 1);
  }
  return fields;
}
