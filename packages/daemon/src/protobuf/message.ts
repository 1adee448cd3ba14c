import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Field, FieldOptions, Fields, Scalar } from "./fields.ts";

/** What a message is made of: what is left out is empty. */
export type Init<T extends Message> = MessageInitShape<GenMessage<T>>;

type Values = Record<string, unknown>;

const none: FieldOptions = {};

/**
 * Writes a message in protobuf's binary form: fields in the order of their numbers, and none that are empty.
 *
 * This and `decode` do for BuildKit's messages what `toBinary` and `fromBinary` of protobuf-es do for all, without
 * descriptors, which take longer to load than all else that a daemon is spoken to with.
 */
export function encode<T extends Message>(fields: Fields<T>, message: Init<NoInfer<T>>): Uint8Array<ArrayBuffer> {
  return write(new BinaryWriter(), fields, message as Values).finish();
}

/**
 * Reads a message; bytes in it are a view of those that are read, and fields that are not known are left out.
 *
 * @throws Error for what is no such message
 */
export function decode<T extends Message>(fields: Fields<T>, bytes: Uint8Array): T {
  return read(new BinaryReader(bytes), fields, bytes.length, empty(fields)) as unknown as T;
}

function write(writer: BinaryWriter, fields: Fields, message: Values): BinaryWriter {
  for (const [name, number, type, { isList, key, oneof } = none] of fields.list) {
    const value = oneof === undefined ? message[name] : chosen(message[oneof], name);
    if (value === undefined) continue;
    if (key !== undefined) writeMap(writer, number, key, type, value as Values);
    else if (isList) writeList(writer, number, type, value as readonly unknown[]);
    else if (oneof !== undefined || typeof type === "object" || !isZero(value)) writeValue(writer, number, type, value);
  }
  return writer;
}

function chosen(group: unknown, name: string): unknown {
  const found = group as { readonly case?: string | undefined; readonly value?: unknown } | undefined;
  return found?.case === name ? found.value : undefined;
}

function writeMap(
  writer: BinaryWriter,
  number: number,
  key: "int64" | "string",
  type: Scalar | Fields,
  map: Values,
): void {
  for (const [name, value] of Object.entries(map)) {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeValue(writer, 1, key, name);
    writeValue(writer, 2, type, value);
    writer.join();
  }
}

function writeList(writer: BinaryWriter, number: number, type: Scalar | Fields, values: readonly unknown[]): void {
  if (!isPacked(type)) {
    for (const value of values) writeValue(writer, number, type, value);
  } else if (values.length > 0) {
    writer.tag(number, WireType.LengthDelimited).fork();
    for (const value of values) writer[type](value as never);
    writer.join();
  }
}

function writeValue(writer: BinaryWriter, number: number, type: Scalar | Fields, value: unknown): void {
  writer.tag(number, wireTypeOf(type));
  if (typeof type === "string") writer[type](value as never);
  else write(writer.fork(), type, value as Values).join();
}

function isZero(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length === 0 : !value;
}

function isPacked(type: Scalar | Fields): type is Exclude<Scalar, "bytes" | "string"> {
  return wireTypeOf(type) === WireType.Varint;
}

function wireTypeOf(type: Scalar | Fields): WireType {
  return typeof type === "object" || type === "bytes" || type === "string" ? WireType.LengthDelimited : WireType.Varint;
}

function read(reader: BinaryReader, fields: Fields, end: number, message: Values): Values {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const field = fields.byNumber.get(number);
    if (field === undefined) reader.skip(wireType, number);
    else readField(reader, field, wireType, message);
  }
  if (reader.pos > end) throw new Error(`${fields.typeName} ends within a field`);
  return message;
}

function readField(
  reader: BinaryReader,
  [name, number, type, { isList, key, oneof } = none]: Field,
  wireType: WireType,
  message: Values,
): void {
  if (key !== undefined) {
    readEntry(reader, key, type, message[name] as Values);
  } else if (isList && isPacked(type) && wireType === WireType.LengthDelimited) {
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) (message[name] as unknown[]).push(readValue(reader, type));
  } else if (wireType !== wireTypeOf(type)) {
    reader.skip(wireType, number);
  } else if (isList) {
    (message[name] as unknown[]).push(readValue(reader, type));
  } else if (oneof !== undefined) {
    message[oneof] = { case: name, value: readValue(reader, type, chosen(message[oneof], name)) };
  } else {
    message[name] = readValue(reader, type, message[name]);
  }
}

function readEntry(reader: BinaryReader, key: "int64" | "string", type: Scalar | Fields, map: Values): void {
  const end = reader.uint32() + reader.pos;
  let name: unknown = key === "string" ? "" : 0;
  let value: unknown = zeroOf(type);
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    if (number === 1) name = readValue(reader, key);
    else if (number === 2) value = readValue(reader, type);
    else reader.skip(wireType, number);
  }
  // As an own property, whatever it is called.
  Object.defineProperty(map, String(name), { value, enumerable: true, configurable: true, writable: true });
}

/** @param known what was read of a message before: its parts may come apart, and are one. */
function readValue(reader: BinaryReader, type: Scalar | Fields, known?: unknown): unknown {
  if (type === "string") return reader.string(true);
  if (typeof type === "string") return reader[type]();
  const end = reader.uint32() + reader.pos;
  return read(reader, type, end, (known as Values | undefined) ?? empty(type));
}

function empty({ typeName, list }: Fields): Values {
  const message: Values = { $typeName: typeName };
  for (const [name, , type, { isList, key, oneof } = none] of list) {
    if (oneof !== undefined) message[oneof] = { case: undefined };
    else if (key !== undefined) message[name] = {};
    else if (isList) message[name] = [];
    else if (typeof type === "string") message[name] = zeroOf(type);
  }
  return message;
}

function zeroOf(type: Scalar | Fields): unknown {
  if (typeof type === "object") return empty(type);
  return zeros[type];
}

const zeros: Readonly<Record<Scalar, unknown>> = {
  bool: false,
  bytes: new Uint8Array(0),
  int32: 0,
  int64: 0n,
  string: "",
  uint32: 0,
  uint64: 0n,
};
