import { gzipSync } from "node:zlib";
import type { ProjectFiles } from "../support/project.ts";

/** One definition that every builder has to make the same image of. */
export interface Scenario {
  readonly name: string;
  /** Statements of the image, beginning with `image()`; `build.ts` is made of them. */
  readonly definition: string;
  /** Statements before the image, such as other images. */
  readonly before?: string;
  readonly files?: ProjectFiles;
  /** Symlinks of the context: their targets by their paths. */
  readonly links?: Readonly<Record<string, string>>;
  readonly emptyFolders?: readonly string[];
}

const tree: ProjectFiles = {
  "a.txt": "a\n",
  "b.txt": "b\n",
  "run.sh": "#!/bin/sh\n",
  "dir/one.txt": "1\n",
  "dir/two.md": "2\n",
  "dir/sub/three.txt": "3\n",
  "dir/sub/deep/four.js": "4\n",
  "dir/.hidden": "h\n",
  "with space.txt": "s\n",
};

const scenario = (name: string, definition: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  definition: `image()${definition}`,
  files: tree,
  ...more,
});

/** Values that a shell, a parser or a quote could take for something else. */
const oddValues = {
  DOLLAR: "$HOME ${X:-y} $$",
  QUOTES: `a "b" 'c'`,
  SLASH: "C:\\dir\\",
  HASH: "#no comment # here",
  SPACES: "  two  ",
  UNICODE: "héllo ☃ 🎉",
  EQUALS: "a=b=c",
  BACKTICK: "`x`",
  TAB: "a\tb",
  EMPTY: "",
  JSON: '{"a": ["b"]}',
  PERCENT: "100%",
};

/** What COPY, ADD and the settings of an image do, a scenario for each rule. */
export const scenarios: readonly Scenario[] = [
  scenario("a file to a name", `.from("scratch").copy("a.txt", "/x")`),
  scenario("a file into a folder", `.from("scratch").copy("a.txt", "/x/y/")`),
  scenario("a file into a folder that is there", `.from("busybox").copy("a.txt", "/etc")`),
  scenario("an executable keeps being one", `.from("scratch").copy("run.sh", "/run.sh")`),
  scenario("the content of a folder", `.from("scratch").copy("dir", "/x")`),
  scenario("the content of a folder onto one that is there", `.from("busybox").copy("dir", "/etc/")`),
  scenario("the whole context", `.from("scratch").copy(".", "/app/")`),
  scenario("several sources", `.from("scratch").copy(["a.txt", "b.txt"], "/x/")`),
  scenario("a wildcard", `.from("scratch").copy("*.txt", "/x/")`),
  scenario("a wildcard of one character and of a class", `.from("scratch").copy(["?.txt", "[r-s]un.sh"], "/x/")`),
  scenario("a wildcard that matches a folder", `.from("scratch").copy("d*", "/x/")`),
  scenario("a wildcard that matches nothing", `.from("scratch").copy(["a.txt", "*.none"], "/x/")`),
  scenario("a name with a space", `.from("scratch").copy("with space.txt", "/x y.txt")`),
  scenario("a destination below the working folder", `.from("scratch").workdir("/app/src").copy("a.txt", "./lib/")`),
  scenario("a destination that is a link to a folder", `.from("busybox").copy("run.sh", "/bin/tool")`),
  scenario("an ignore file", `.from("scratch").copy(".", "/app/")`, {
    files: { ...tree, ".dockerignore": "*.txt\n!b.txt\ndir/sub\n.dockerignore\nbuild.ts\nDockerfile*\n" },
  }),
  scenario("links below a folder stay links", `.from("scratch").copy("dir", "/x/")`, {
    links: { "dir/link": "one.txt", "dir/up": "../a.txt", "dir/folder": "sub", "dir/nowhere": "/none" },
  }),
  scenario("a source that is a link to a file", `.from("scratch").copy("link", "/x/")`, { links: { link: "a.txt" } }),
  scenario("a source that is a link to a folder", `.from("scratch").copy("link", "/x/")`, {
    links: { link: "dir/sub" },
  }),
  scenario("a source below a link", `.from("scratch").copy("link/three.txt", "/x/")`, { links: { link: "dir/sub" } }),
  scenario("a destination that is a link to a file", `.from(base).copy("b.txt", "/link")`, {
    before: `const base = image().from("scratch").copy(".", "/");`,
    files: { "a.txt": "a\n", "b.txt": "b\n" },
    links: { link: "a.txt" },
  }),
  scenario("empty folders", `.from("scratch").copy("dir", "/x/").copy(files("dir/**"), "/y/")`, {
    emptyFolders: ["dir/empty", "dir/sub/deep/none"],
  }),
  scenario("folders on both sides take the later mode and owner", `.from(base).copy("dir", "/x/", { chown: "8:9" })`, {
    before: `const base = image().from("scratch").copy("dir", "/x/", { chown: "3:4", chmod: "u=rwX,go=" });`,
  }),
  scenario("names that are not ASCII", `.from("scratch").copy("grüße ☃", "/ziel 🎉/").copy("grüße ☃/é.txt", "/é")`, {
    files: { "grüße ☃/é.txt": "é\n", "grüße ☃/日本.txt": "x\n" },
  }),
  scenario("exclude what is named", `.from("scratch").copy("a.txt", "/x/", { exclude: ["a.txt"] })`),
  scenario(
    "links, modes and one file under two names in another image",
    `.from("scratch").copy("/", "/all/", { from: "busybox" })`,
  ),
  scenario("chown to a user and another group", `.from("node:24-slim").copy("dir", "/x/", { chown: "node:staff" })`),
  scenario("a packed archive", `.from("scratch").add("tree.tar.gz", "/x/")`, {
    files: { "tree.tar.gz": gzipSync(smallTar()) },
  }),
  scenario("chmod in octal", `.from("scratch").copy("dir", "/x/", { chmod: 0o640 })`),
  scenario("chmod in symbols", `.from("scratch").copy("dir", "/x/", { chmod: "u=rwX,go=rX" })`),
  scenario("chown by number", `.from("scratch").copy("dir", "/x/y/", { chown: "1000:1001" })`),
  scenario("chown by one number", `.from("scratch").copy("a.txt", "/x/", { chown: 7 })`),
  scenario("chown by name", `.from("node:24-slim").copy("dir", "/x/", { chown: "node" })`),
  scenario("chown by names", `.from("node:24-slim").copy("dir", "/x/", { chown: "node:node" })`),
  scenario("link", `.from("busybox").copy("a.txt", "/opt/x/", { link: true })`),
  scenario("exclude a pattern", `.from("scratch").copy("dir", "/x/", { exclude: ["**/*.txt"] })`),
  scenario("exclude a folder", `.from("scratch").copy("dir", "/x/", { exclude: ["sub"] })`),
  scenario("exclude with an exception", `.from("scratch").copy("dir", "/x/", { exclude: ["sub/**", "!sub/deep"] })`),
  scenario("exclude from a wildcard", `.from("scratch").copy("*.txt", "/x/", { exclude: ["b*"] })`),
  scenario("parents", `.from("scratch").copy(["dir/sub/three.txt", "a.txt"], "/x/", { parents: true })`),
  scenario("parents from a pivot", `.from("scratch").copy("dir/./sub/deep", "/x/", { parents: true })`),
  scenario("parents of a deep pattern", `.from("scratch").copy("./dir/**/*.txt", "/x/", { parents: true })`),
  scenario("chosen by globs: all of a folder", `.from("scratch").copy(files("dir/**"), "/x/")`),
  scenario("chosen by globs: less some", `.from("scratch").copy(files("dir/**", { exclude: ["**/*.md"] }), "/x/")`),
  scenario("chosen by globs: by name", `.from("scratch").copy(files(["a.txt", "b.txt"]), "/x")`),
  scenario("a written file", `.from("scratch").write("/etc/motd", "hello $USER\\n\\\\ \\"quoted\\"\\n")`),
  scenario("a written file with an owner", `.from("scratch").write("/e/f", "x\\n", { chmod: 0o755, chown: "5:6" })`),
  scenario("another image's files", `.from("scratch").copy("/x", "/y", { from: base })`, {
    before: `const base = image().from("scratch").copy("dir", "/x/", { chown: "3:4", chmod: "u=rwX,go=" });`,
  }),
  scenario("a named image's files", `.from("scratch").copy("/etc/passwd", "/p", { from: "busybox" })`),
  scenario("one image on another", `.from(base).copy("b.txt", "/x/").entrypoint(["/e"])`, {
    before: `const base = image().from("scratch").copy("a.txt", "/x/").cmd(["c"]).env({ A: "1" });`,
  }),
  scenario("a working folder of a user", `.from("node:24-slim").user("node").workdir("/home/node/app/src")`),
  scenario("a working folder that is there", `.from("busybox").workdir("/etc")`),
  scenario("an archive", `.from("scratch").add("tree.tar", "/x/")`, { files: { "tree.tar": smallTar() } }),
  scenario("an archive that stays one", `.from("scratch").add("tree.tar", "/x/", { unpack: false })`, {
    files: { "tree.tar": smallTar() },
  }),
  scenario(
    "settings",
    `.from("scratch").env({ A: "a b", B: "$x \\"q\\" \\\\" }).label({ "l.m": "v w", n: "" }).expose(80, "53/udp", "9000-9002")
  .volume("/data", "/with space").user("1:2").stopsignal("SIGQUIT").shell(["/bin/ash", "-ec"]).cmd("echo $A")
  .entrypoint(["/bin/e", "a b"]).healthcheck(["/h", "--all"], { interval: "1m30s", timeout: 5, retries: 3 })
  .maintainer("Some $body \\\\o <a@b.c>").onbuild("COPY . /src")`,
  ),
  scenario(
    "variables",
    `.from("scratch").arg("V", "1.2").env({ P: interpolate\`/opt/\${variable("V")}/bin:\${variable("PATH")}\` })`,
  ),
  scenario(
    "several arguments and names as one statement",
    `.from("scratch").arg({ A: "1", B: interpolate\`\${variable("A")}2\` }).arg(["TARGETOS", ["C", "3"]])
    .env([[interpolate\`n\${variable("B")}\`, "x"], ["TWICE", "1"], ["TWICE", "2"]]).label([[variable("C"), "c"]])
    .env({ PORTS: "90 70/udp" }).expose(80, variable("PORTS"), "9")`,
  ),
  scenario(
    "odd values",
    `.from("scratch").env(${JSON.stringify(oddValues)}).label({ "a b": "c", 'q"': "d", dollar: "$x" })
  .workdir("/a b/$c").user("1:2").stopsignal("15")`,
  ),
  scenario("a command before an entrypoint", `.from("busybox").cmd(["x"]).entrypoint(["/e"])`),
  scenario("an entrypoint drops the base's command", `.from("busybox").entrypoint(["/e"])`),
  scenario("what a base leaves to those that stand on it", `.from(lower).copy("b.txt", "/b").env({ LAST: "1" })`, {
    before: `const lower = image().from("busybox").env({ BEFORE: "x" }).workdir("/srv")
  .onbuild("ARG GIVEN=\${BEFORE}y").onbuild("COPY --chown=1:2 a.txt dir here/").onbuild("ENV SEEN=$GIVEN LAST=0")
  .onbuild('LABEL "a b"=$SEEN').onbuild("WORKDIR below").onbuild('ENTRYPOINT ["/e", "$SEEN"]').onbuild("EXPOSE 80 53/udp");`,
  }),
  scenario("no healthcheck", `.from("busybox").healthcheck("none")`),
];

/** A tar of one folder with one file, owned by somebody, made by hand. */
function smallTar(): Uint8Array {
  const member = (name: string, type: string, mode: string, content: string): Buffer => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`000${mode}\0`, 100);
    header.write("0000012\0", 108);
    header.write("0000013\0", 116);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("00000000000\0", 136);
    header.write("        ", 148);
    header.write(type, 156);
    header.write("ustar\x0000", 257, "latin1");
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return Buffer.concat([header, Buffer.alloc(Math.ceil(content.length / 512) * 512, content.padEnd(512, "\0"))]);
  };
  const folder = member("folder/", "5", "0750", "");
  return Buffer.concat([folder, member("folder/file.txt", "0", "0600", "in a tar\n"), Buffer.alloc(1024)]);
}
