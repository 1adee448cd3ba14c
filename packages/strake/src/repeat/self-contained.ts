/** Names that every module may use: what they give hangs on nothing but what they are given. */
const harmless: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Error EvalError
  Float32Array Float64Array Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number Object Promise RangeError
  ReferenceError RegExp Set String Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams
  Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet atob btoa console decodeURI decodeURIComponent
  encodeURI encodeURIComponent escape isFinite isNaN parseFloat parseInt structuredClone undefined unescape`.split(
    /\s+/,
  ),
);

/** Ways to what has no name of its own. */
const detours = ["constructor", "getBuiltinModule", "import", "meta", "random", "require"];

const elsewhere: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(globalThis).filter((name) => !harmless.has(name)),
  ...detours,
]);

/**
 * Tells whether what a module does hangs on nothing but its text, the environment's variables and the modules that it
 * may import.
 *
 * It looks at words only, so a module that has such a word in a text or as the name of a property counts as one that
 * uses it: the mistake costs time, the other one would cost a wrong result.
 *
 * @param code as esbuild prints it
 * @param allowed the modules that may be imported
 */
export function isSelfContained(code: string, allowed: readonly string[]): boolean {
  const rest = code.replace(/^import\s*\{[^}]*\}\s*from\s*"([^"]*)";$/gm, (statement, name: string) =>
    allowed.includes(name) ? "" : statement,
  );
  const words = rest.replace(/\bprocess\.env\b/g, "").match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];
  return !words.some((word) => elsewhere.has(word));
}
