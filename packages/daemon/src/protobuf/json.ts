import type { Message } from "@bufbuild/protobuf";
import type { Field, Fields } from "./fields.ts";

/**
 * A message in protobuf's JSON form: without what is empty, with the names of enums, and with text for long numbers.
 *
 * Messages that have a form of their own there, such as times, are none of those that it is for.
 */
export function toJson<T extends Message>(fields: Fields<T>, message: T): object {
  return jsonOf(fields, message);
}

function jsonOf(fields: Fields, message: object): object {
  const values = message as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields.list.flatMap((field) => {
      const [name, , , { oneof } = {}] = field;
      if (oneof === undefined) return isEmpty(values[name]) ? [] : [[name, fieldToJson(field, values[name])]];
      const chosen = values[oneof] as { readonly case?: string; readonly value?: unknown };
      return chosen.case === name ? [[name, fieldToJson(field, chosen.value)]] : [];
    }),
  );
}

function isEmpty(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return !value || (typeof value === "object" && !("$typeName" in value) && Object.keys(value).length === 0);
}

function fieldToJson(field: Field, value: unknown): unknown {
  const [, , , { isList, key } = {}] = field;
  if (isList) return (value as readonly unknown[]).map((each) => valueToJson(field, each));
  if (key === undefined) return valueToJson(field, value);
  return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, valueToJson(field, each)]));
}

function valueToJson([, , type, { names } = {}]: Field, value: unknown): unknown {
  if (typeof type === "object") return jsonOf(type, value as object);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "bigint") return value.toString();
  return Object.entries(names ?? {}).find(([, number]) => number === value)?.[0] ?? value;
}
