import type { Message } from "@bufbuild/protobuf";

/** The types of values that the messages here have, by the names that protobuf's definitions have for them. */
export type Scalar = "bool" | "bytes" | "int32" | "int64" | "string" | "uint32" | "uint64";

/** One field of a message: its name, its number, and what its values are. */
export type Field = readonly [name: string, number: number, type: Scalar | Fields, options?: FieldOptions];

/** How a field has its values. */
export interface FieldOptions {
  /** It has any number of values. */
  readonly isList?: boolean;
  /** It is a map, whose keys are these. */
  readonly key?: "int64" | "string";
  /** It is one of several, of which a message has one; what they are called together. */
  readonly oneof?: string;
  /** Its values have these names. */
  readonly names?: Readonly<Record<string, number>>;
}

/** The fields of a message: all that writing and reading it takes. */
export interface Fields<T extends Message = Message> {
  /** The message's full name, as `pb.Op`. */
  readonly typeName: T["$typeName"];
  /** Never there: it tells the compiler which message it is. */
  readonly message?: T;
  /** In the order of their numbers. */
  readonly list: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

/** A call of a service: its path, `/package.Service/Method`, and its two messages. */
export interface Method<I extends Message = Message, O extends Message = Message> {
  readonly path: string;
  readonly input: Fields<I>;
  readonly output: Fields<O>;
}

/**
 * Says which fields a message has; they are made when the message is first written or read, since a build needs few
 * messages of many, and messages hold each other.
 */
export function fieldsOf<T extends Message>(typeName: T["$typeName"], make: () => readonly Field[]): Fields<T> {
  let list: readonly Field[] | undefined;
  let byNumber: ReadonlyMap<number, Field> | undefined;
  return {
    typeName,
    get list() {
      list ??= make();
      return list;
    },
    get byNumber() {
      byNumber ??= new Map(this.list.map((field) => [field[1], field]));
      return byNumber;
    },
  };
}
