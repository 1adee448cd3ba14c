import { StrakeError } from "@strake/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { heredocText } from "./heredoc-markers.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";
import { printTree } from "./tree.ts";

const parse = (text: string) => parseDockerfile(text, { file: "/p/Dockerfile" });
const only = (text: string) => parse(text).instructions[0]!;
const words = (text: string) => only(text).words.map((word) => word.value);

function problemOf(text: string): StrakeError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof StrakeError) return error;
    throw error;
  }
  throw new Error(`no error for ${JSON.stringify(text)}`);
}

describe("parseDockerfile", () => {
  test("joins continued lines without the comments and empty lines between them", () => {
    const text = "RUN a \\  \n  # why\n\n  && b \\\n\t&& c\nCMD x\n";
    const [run, cmd] = parse(text).instructions;
    expect(run?.argument.value).toBe("a   && b \t&& c");
    expect(run?.emptyLines).toEqual([18]);
    expect(cmd?.span.start).toEqual({ offset: 34, line: 6, column: 1 });
  });

  test("does not continue a line that ends in two escapes", () => {
    expect(parse("RUN a\\\\\nCMD b").instructions.map((found) => found.argument.value)).toEqual(["a\\\\", "b"]);
  });

  test("continues lines with the escape that a directive names", () => {
    const tree = parse("# syntax=docker/dockerfile:1\n# escape=`\n# check=skip=all\n\nRUN a `\n b \\\nCMD c\n");
    expect(tree.directives.map(({ name, value }) => [name, value])).toEqual([
      ["syntax", "docker/dockerfile:1"],
      ["escape", "`"],
      ["check", "skip=all"],
    ]);
    expect(tree.instructions.map((found) => found.argument.value)).toEqual(["a  b \\", "c"]);
  });

  test("takes a directive after anything else for a comment", () => {
    expect(parse("# a comment\n# escape=`\nRUN x").escape).toBe("\\");
    expect(parse("\n# escape=`\nRUN x").escape).toBe("\\");
  });

  test("refuses a directive that is said twice, and an escape that is none", () => {
    expect(problemOf("# escape=`\n# escape=`\nRUN x").message).toBe("only one escape parser directive can be used");
    expect(problemOf("# escape=x\nRUN x").message).toContain("invalid escape token 'x'");
  });

  test("reads a byte order mark and carriage returns", () => {
    const text = "\ufeff# escape=`\r\nFROM a\r\nRUN b `\r\n c\r\n";
    expect(parse(text).instructions.map((found) => found.argument.value)).toEqual(["a", "b  c"]);
    expect(printTree(parse(text))).toBe(text);
  });

  test("knows the place of each word, also after a continuation", () => {
    const copy = only("COPY --from=base \\\n  a.txt /b/\n");
    expect(copy.flags[0]).toMatchObject({ name: "from", value: "base", span: { start: { line: 1, column: 6 } } });
    expect(copy.words[0]).toMatchObject({ value: "a.txt", span: { start: { line: 2, column: 3, offset: 21 } } });
    expect(copy.words[1]?.span.end).toEqual({ line: 2, column: 12, offset: 30 });
  });

  test("reads flags with quotes, up to a bare --", () => {
    const run = only('RUN --mount="type=cache,target=/a b" --network=none -- --x');
    expect(run.flags.map((flag) => flag.value)).toEqual(["type=cache,target=/a b", "none"]);
    expect(run.argument.value).toBe("--x");
  });

  test("takes what is no JSON as it stands", () => {
    expect(only('CMD ["a", "b c"]')).toMatchObject({ form: "json", words: [{ value: "a" }, { value: "b c" }] });
    expect(only("CMD ['a']")).toMatchObject({ form: "text", words: [{ value: "['a']" }] });
    expect(problemOf('CMD ["a", 1]').message).toContain("arrays must be comprised of strings only");
    expect(words('HEALTHCHECK --interval=1s CMD ["curl", "x"]')).toEqual(["CMD", "curl", "x"]);
  });

  test("reads both forms of ENV", () => {
    const pairs = (text: string) => only(text).pairs.map(({ name, value, legacy }) => [name, value, legacy]);
    expect(pairs("ENV a=1 b=\"2 3\" c=4\\ 5 d=''")).toEqual([
      ["a", "1", false],
      ["b", '"2 3"', false],
      ["c", "4\\ 5", false],
      ["d", "''", false],
    ]);
    expect(pairs("ENV a  b=c  d")).toEqual([["a", "b=c  d", true]]);
    expect(problemOf("ENV a").message).toBe("ENV must have two arguments");
    expect(problemOf("ENV a=1 b").message).toContain(`can't find = in "b"`);
  });

  test("reads heredocs in order, with tabs, quotes and several on a line", () => {
    const copy = only('COPY <<A <<-"B C" /x/\n$a\nA\n\tb\n\tB C\n');
    expect(copy.heredocs).toMatchObject([
      { name: "A", expand: true, chomp: false, content: "$a\n" },
      { name: "B C", expand: false, chomp: true, content: "\tb\n" },
    ]);
    expect(copy.heredocs.map(heredocText)).toEqual(["$a\n", "b\n"]);
    expect(parse("RUN <<EOF cat\n# no comment \\\n\nEOF\nCMD x").instructions).toHaveLength(2);
  });

  test("reads no heredoc where none can be", () => {
    expect(only('RUN ["cat", "<<EOF"]').heredocs).toEqual([]);
    expect(only("CMD cat <<EOF").heredocs).toEqual([]);
    expect(only("RUN echo '<<EOF'").heredocs).toEqual([]);
    expect(only("RUN echo $((1<<2)) <<<word").heredocs).toEqual([]);
    expect(problemOf("RUN <<EOF\na\n").message).toContain("unterminated heredoc");
  });

  test("takes ONBUILD's instruction apart", () => {
    const onbuild = only("ONBUILD COPY --chown=a <<EOF /x\nhi\nEOF\n");
    expect(onbuild.trigger).toMatchObject({ keyword: "copy", flags: [{ name: "chown" }], heredocs: [{ name: "EOF" }] });
    expect(onbuild.trigger?.span.start.column).toBe(9);
    expect(problemOf("ONBUILD ONBUILD RUN x").message).toContain("isn't allowed");
  });

  test("keeps the comments above an instruction", () => {
    expect(parse("# a\n#\n# b\n# c\nFROM x\n").instructions[0]?.comments).toEqual(["b", "c"]);
  });

  test("says where a mistake is, and what may be meant", () => {
    const problem = problemOf("FROM a\n  RNU x\n");
    expect(problem).toMatchObject({
      code: "unknown-instruction",
      message: "unknown instruction: RNU (did you mean RUN?)",
      site: { file: "/p/Dockerfile", line: 2, column: 3 },
      notes: ["2 |   RNU x"],
    });
    expect(problemOf("").message).toBe("the Dockerfile cannot be empty");
    expect(problemOf("# only\n").message).toBe("file with no instructions");
    expect(problemOf(`RUN ${"é".repeat(40_000)}`).message).toContain("greater than max allowed size of 65535");
    expect(parse(`RUN ${"a".repeat(65_531)}\n`).instructions).toHaveLength(1);
  });

  test("prints back every text that parses, byte for byte", () => {
    const piece = fc.constantFrom(
      ..."FROM |RUN |COPY |ENV a=|ONBUILD |# c|\\|`|\n|\r\n|\n\n|  |\t|<<EOF|<<-'E F'|EOF|E F|[\"a\"]|\"|'|--x=|# escape=`\n|é😀|\ufeff".split(
        "|",
      ),
    );
    const text = fc
      .array(fc.oneof({ weight: 6, arbitrary: piece }, fc.string({ unit: "binary" })))
      .map((all) => all.join(""));
    let parsed = 0;
    fc.assert(
      fc.property(text, (text) => {
        for (const candidate of [text, `FROM a\n${text}`, `RUN ${text}`]) {
          try {
            const tree = parse(candidate);
            parsed++;
            expect(printTree(tree)).toBe(candidate);
            for (const part of tree.parts)
              expect(candidate.slice(part.span.start.offset, part.span.end.offset)).toBe(part.text);
          } catch (error) {
            if (!(error instanceof StrakeError)) throw error;
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(parsed).toBeGreaterThan(100);
  });

  test("takes a megabyte of anything in its stride", () => {
    const unit = ["RUN a \\\n", "#\n", "<<A ", '"', "${a:-", "[", "ENV a=b ", "\\\n", "\t", "RUN <<A\n", "x=y "];
    for (const piece of unit) {
      const text = `RUN x \\\n${piece.repeat(2 ** 20 / piece.length)}`;
      try {
        expect(printTree(parse(text))).toBe(text);
      } catch (error) {
        if (!(error instanceof StrakeError)) throw error;
      }
      const lines = `FROM a\n${`ENV ${piece.trim()}x=1\n`.repeat(2 ** 17 / piece.length)}`;
      try {
        parse(lines);
      } catch (error) {
        if (!(error instanceof StrakeError)) throw error;
      }
    }
  });
});
