import type { ArgNode, Pair } from "@strake/core";
import { callCode, listCode, objectCode, textCode } from "./code.ts";
import { isOwnValue, splitMarks } from "./marks.ts";
import type { StageNames } from "./stage-names.ts";

/** Prints the names and values of ENV and LABEL: a record where it says the same, else a list of pairs. */
export function pairsCode(pairs: readonly Pair[], names: StageNames): string {
  const code = pairs.map(([name, value]) => [name as string, textCode(value as string, names)] as const);
  if (isRecord(code.map(([name]) => name))) return objectCode(Object.fromEntries(code));
  return listCode(code.map(([name, value]) => listCode([textCode(name, names), value])));
}

/** Prints ARG with those before it that are one statement with it. */
export function argCode(node: ArgNode, names: StageNames): string {
  const declared: [name: string, value: string | undefined][] = [[node.name, defaultCode(node, names)]];
  for (let before = node.input; before.kind === "arg" && before.history === null; before = before.input) {
    declared.unshift([before.name, defaultCode(before, names)]);
  }
  const [[name, value]] = declared as [[string, string | undefined]];
  if (declared.length === 1) return callCode(".arg", [JSON.stringify(name), ...(value === undefined ? [] : [value])]);
  if (declared.every(([, each]) => each !== undefined) && isRecord(declared.map(([each]) => each))) {
    return callCode(".arg", [objectCode(Object.fromEntries(declared))]);
  }
  const items = declared.map(([each, said]) => {
    return said === undefined ? JSON.stringify(each) : listCode([JSON.stringify(each), said]);
  });
  return callCode(".arg", [listCode(items)]);
}

function defaultCode({ default: value }: ArgNode, names: StageNames): string | undefined {
  return value === undefined || isOwnValue(value as string) ? undefined : textCode(value as string, names);
}

/** What a record would put elsewhere, or take for something else. */
const notPlain = /^(?:\d+$|__proto__$|\.\.\.)/;

/** Whether names can be a record's, which has each once, in this order. */
function isRecord(names: readonly string[]): boolean {
  if (new Set(names).size < names.length) return false;
  return names.every((name) => splitMarks(name).every((part) => typeof part === "string") && !notPlain.test(name));
}
