import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpandError, expandWord, expandWords } from "./expand.ts";

const values = new Map([
  ["a", "one"],
  ["empty", ""],
  ["path", "/usr/local/bin"],
  ["two", "x  y"],
]);

describe("expandWord", () => {
  test.each([
    ["$a ${a}s $none.", "one ones ."],
    ["${none:-w} ${empty:-w} ${a:-w} ${none-w} ${empty-w}", "w w one w "],
    ["${none:+w} ${empty:+w} ${a:+w} ${none+w} ${empty+w}", "  w  w"],
    ["${a:?no} ${empty?no}", "one "],
    ["${path#/*/} ${path##/*/}", "local/bin bin"],
    ["${path%/*} ${path%%/*}", "/usr/local "],
    ["${path/\\//_} ${path//\\//_}", "_usr/local/bin _usr_local_bin"],
    ["${path/l*a/L} ${a/?/x}", "/usr/Ll/bin xne"],
    ["${none:-${a}-'$a'}", "one-$a"],
    ["'$a' \"$a \\$a \\x\" \\$a \\x", "$a one $a \\x $a x"],
    ["$1a $$ $ $-x", "a  $ x"],
    ["<<EOF", "<<EOF"],
    ["trailing\\", "trailing"],
  ])("resolves %s", (text, expected) => {
    expect(expandWord(text, values)).toBe(expected);
  });

  test.each([
    ["${none?}", "none: is not allowed to be unset"],
    ["${empty:?}", "empty: is not allowed to be empty"],
    ["${none:?say it}", "none: say it"],
    ["${}", "syntax error: bad substitution"],
    ["${a", "unsupported modifier () in substitution"],
    ["${a:#b}", "unsupported modifier (:#) in substitution"],
    ["${a:-", "syntax error: missing '}'"],
    ["${a#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"],
    ["'a", "unexpected end of statement while looking for matching single-quote"],
  ])("refuses %s", (text, message) => {
    expect(() => expandWord(text, values)).toThrow(new ExpandError(message));
  });

  test("uses the escape of the file", () => {
    expect(expandWord("C:\\a `$a", values, { escape: "`" })).toBe("C:\\a $a");
  });

  test("tells which names have no value", () => {
    const unset: string[] = [];
    expandWord("$a $b ${c:-d}", values, { onUnset: (name) => unset.push(name) });
    expect(unset).toEqual(["b", "c"]);
  });

  test("stops at a value that grows without end, and at substitutions that nest without end", () => {
    const large = new Map([["a", "x".repeat(2 ** 20)]]);
    expect(() => expandWord("$a".repeat(100), large)).toThrow("expands to more than");
    expect(() => expandWord("${a:-".repeat(100_000), values)).toThrow(ExpandError);
  });

  test("needs no more than the text's length in time for any pattern", () => {
    const long = new Map([["v", "a".repeat(50_000)]]);
    const stars = "*a".repeat(30);
    expect(expandWord(`\${v#${stars}b}`, long)).toHaveLength(50_000);
    expect(expandWord(`\${v//${stars}b/x}`, long)).toHaveLength(50_000);
  });

  test("fails only with its own error, whatever the text is", () => {
    const piece = fc.constantFrom(
      "$",
      "{",
      "}",
      ":",
      "-",
      "+",
      "?",
      "#",
      "%",
      "/",
      "*",
      "'",
      '"',
      "\\",
      "<",
      "a",
      " ",
      "é",
    );
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 40 }), (text) => {
        try {
          expandWord(text, values);
          expandWords(text, values);
        } catch (error) {
          if (!(error instanceof ExpandError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("expandWords", () => {
  test("splits after variables are replaced, but not within quotes", () => {
    expect(expandWords("$two \"$two\" a\\ b 'c d'", values)).toEqual(["x", "y", "x  y", "a b", "c d"]);
  });
});
