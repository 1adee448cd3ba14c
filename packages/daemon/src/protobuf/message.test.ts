import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
  toJson as toJsonByDescriptor,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fields } from "./fields.ts";
import { toJson } from "./json.ts";
import { decode, encode } from "./message.ts";

const generated = join(import.meta.dirname, "../generated");

/** All messages of all definitions: what protobuf-es knows of them, and their fields. */
const messages: { readonly schema: DescMessage; readonly fields: Fields }[] = [];
for (const name of readdirSync(generated, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith("_pb.ts")) continue;
  const exported: Record<string, unknown> = await import(join(generated, name));
  const found: Record<string, Fields> = await import(join(generated, name.replace("_pb.ts", "_fields.ts")));
  for (const [key, value] of Object.entries(exported)) {
    if (!key.endsWith("Schema") || (value as DescMessage).kind !== "message") continue;
    messages.push({ schema: value as DescMessage, fields: found[key.slice(0, -"Schema".length)] as Fields });
  }
}

const message = fc.constantFrom(...messages).chain(({ schema, fields }) => {
  return valuesOf(schema, 3).map((values) => ({
    schema,
    fields,
    message: create(schema, values) as Message,
  }));
});

describe("a message of any definition", () => {
  test("is written and read as protobuf-es does it by its descriptor", () => {
    expect(messages.length).toBeGreaterThan(100);
    fc.assert(
      fc.property(message, ({ schema, fields, message }) => {
        const bytes = toBinary(schema, message);
        expect(Buffer.from(encode(fields, message)).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
        expect(decode(fields, bytes)).toEqual(fromBinary(schema, bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test("may be written from a part of what it holds", () => {
    fc.assert(
      fc.property(message, ({ schema, fields, message }) => {
        const part = Object.fromEntries(Object.entries(message).filter((_, at) => at % 2 === 1));
        const whole = create(schema, part);
        expect(Buffer.from(encode(fields, part)).equals(toBinary(schema, whole))).toBe(true);
      }),
    );
  });

  test("is the same JSON, unless it holds one that has a form of its own", () => {
    fc.assert(
      fc.property(message, ({ schema, fields, message }) => {
        fc.pre(!holdsOwnForm(schema));
        expect(toJson(fields, message)).toEqual(toJsonByDescriptor(schema, message));
      }),
    );
  });
});

const solve = messages.find(({ fields }) => fields.typeName === "moby.buildkit.v1.SolveRequest")?.fields as Fields;

test("fields that are not known are passed over", () => {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string("ref");
  writer.tag(999, WireType.LengthDelimited).string("later").tag(998, WireType.Varint).uint32(1);
  expect(decode(solve, writer.finish())).toMatchObject({ Ref: "ref", Session: "" });
});

test("parts of one message that come apart are one", () => {
  const parts = [{ Definition: { def: [new Uint8Array([1])] } }, { Definition: { def: [new Uint8Array([2])] } }];
  const bytes = new Uint8Array(Buffer.concat(parts.map((part) => encode(solve, part as object))));
  expect(decode(solve, bytes)).toMatchObject({ Definition: { def: [new Uint8Array([1]), new Uint8Array([2])] } });
});

test("a name that an object has by itself is a name in a map like others", () => {
  const FrontendAttrs = JSON.parse('{"__proto__":"value","constructor":"other"}') as object;
  const read = decode(solve, encode(solve, { FrontendAttrs } as object)) as unknown as { FrontendAttrs: object };
  expect(Object.entries(read.FrontendAttrs)).toEqual(Object.entries(FrontendAttrs));
});

test("what ends within a field is no message", () => {
  const bytes = encode(solve, {
    Ref: "reference",
    FrontendAttrs: { a: "b" },
    Cache: { Exports: [{ Type: "t" }] },
  } as object);
  for (const end of [1, 5, bytes.length - 1]) expect(() => decode(solve, bytes.subarray(0, end))).toThrow();
});

/** Values for a message's fields; those that hold others end at a depth. */
function valuesOf(schema: DescMessage, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const members = schema.members.flatMap((member): [string, fc.Arbitrary<unknown>][] => {
    if (member.kind === "field")
      return depth === 0 && member.message ? [] : [[member.localName, fieldOf(member, depth)]];
    const cases = member.fields.map((field) =>
      fieldOf(field, depth).map((value) => ({ case: field.localName, value })),
    );
    return depth === 0 ? [] : [[member.localName, fc.oneof(...cases)]];
  });
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

function fieldOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const value = singleOf(field, depth);
  if (field.fieldKind === "list") return fc.array(value, { maxLength: 3 });
  if (field.fieldKind !== "map") return value;
  const key = field.mapKey === ScalarType.STRING ? fc.constantFrom("", "a", "b c", "\u00e9") : fc.nat().map(String);
  return fc.dictionary(key, value, { maxKeys: 3 });
}

function singleOf({ message, enum: names, scalar }: DescField, depth: number): fc.Arbitrary<unknown> {
  if (message !== undefined) return valuesOf(message, Math.max(0, depth - 1));
  if (names !== undefined) return fc.constantFrom(...names.values.map(({ number }) => number));
  switch (scalar) {
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 });
    case ScalarType.STRING:
      return fc.string({ unit: "grapheme", maxLength: 200 });
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.UINT32:
      return fc.nat(2 ** 32 - 1);
    default:
      return fc.integer();
  }
}

/** Tells whether a message is or holds one of protobuf's own, such as a time. */
function holdsOwnForm(schema: DescMessage, known: ReadonlySet<DescMessage> = new Set()): boolean {
  if (schema.typeName.startsWith("google.protobuf.")) return true;
  if (known.has(schema)) return false;
  const seen = new Set([...known, schema]);
  return schema.fields.some(({ message }) => message !== undefined && holdsOwnForm(message, seen));
}
