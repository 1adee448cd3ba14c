import { readFileSync } from "node:fs";
import { join } from "node:path";
import { imageFrom, layerFromEntries } from "@strake/oci";
import { type RegistryServer, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Makes the table that rpm keeps its packages in, with SQLite itself; pages are small, so that rows need several. */
const tableProgram = `
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA page_size = 1024")
database.execute("CREATE TABLE other (a TEXT)")
database.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
for header in json.load(sys.stdin):
    database.execute("INSERT INTO Packages VALUES (NULL, ?)", (bytes.fromhex(header),))
database.execute("DELETE FROM Packages WHERE hnum = 2")
database.commit()
`;

/** Makes the hash that rpm kept its packages in before, with Berkeley DB itself: numbers, and headers under them. */
const hashProgram = `
use DB_File;
tie my %packages, "DB_File", $ARGV[0], O_CREAT | O_RDWR, 0644, $DB_HASH or die "no database: $!";
my $number = 0;
while (my $header = <STDIN>) {
  chomp $header;
  $packages{pack("L", ++$number)} = pack("H*", $header);
}
delete $packages{pack("L", 2)};
$packages{pack("L", 0)} = pack("L", $number);
untie %packages;
`;

interface RpmPackage {
  readonly name: string;
  readonly version: string;
  readonly epoch?: number;
  readonly arch?: string;
}

/** A package's header as rpm keeps it, with a description of some length before what is looked for. */
function header({ name, version, epoch, arch = "x86_64" }: RpmPackage, at: number): string {
  const texts: [number, Buffer][] = [
    [1005, Buffer.alloc(at * 37 + 1, "d")],
    [1000, Buffer.from(name)],
    [1001, Buffer.from(version)],
    [1002, Buffer.from("1.fc40")],
    [1022, Buffer.from(arch)],
  ];
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let offset = 0;
  const add = (tag: number, type: number, bytes: Buffer) => {
    const entry = Buffer.alloc(16);
    for (const [place, value] of [tag, type, offset, 1].entries()) entry.writeUInt32BE(value, place * 4);
    index.push(entry);
    store.push(bytes);
    offset += bytes.length;
  };
  if (epoch !== undefined) add(1003, 4, Buffer.from([0, 0, 0, epoch]));
  for (const [tag, bytes] of texts) add(tag, 6, Buffer.concat([bytes, Buffer.from([0])]));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(index.length, 0);
  lengths.writeUInt32BE(offset, 4);
  return Buffer.concat([lengths, ...index, ...store]).toString("hex");
}

/** A database as rpm makes it under a path, from which a package was removed. */
async function rpmDatabase(path: string, packages: readonly RpmPackage[]): Promise<Buffer> {
  const file = join(temporaryFolder(), "database");
  const removed = { name: "removed", version: "1" };
  const headers = [packages[0] as RpmPackage, removed, ...packages.slice(1)].map(header);
  if (path.endsWith(".sqlite"))
    await runOrThrow("python3", ["-c", tableProgram, file], { input: JSON.stringify(headers) });
  else await runOrThrow("perl", ["-e", hashProgram, file], { input: headers.join("\n") });
  return readFileSync(file);
}

function imageOf(path: string, bytes: Buffer) {
  const file = { type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0 } as const;
  return imageFrom({
    config: { os: "linux", architecture: "amd64", created: "2025-01-01T00:00:00Z", config: {}, history: [] },
    layers: [layerFromEntries([{ path, ...file, content: { from: "bytes", bytes } }], { compression: "gzip" })],
  });
}

need("python3", "perl")("an image with rpm's packages", () => {
  let server: RegistryServer;
  let name: string;
  beforeEach(async () => {
    server = await startRegistryServer();
    name = `${server.address}/base:1`;
  });
  afterEach(() => server.close());

  /** Moves a name from one image to another, and tells what an update says of the packages. */
  async function moved(path: string, before: Buffer, after: Buffer): Promise<string> {
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("${name}");\n`,
    });
    await server.put("base", "1", imageOf(path, before));
    expect((await runStrake(["update"], { cwd })).status).toBe(0);
    await server.put("base", "1", imageOf(path, after));
    const { stdout, stderr, status } = await runStrake(["update", "--packages"], { cwd });
    expect(status, stderr).toBe(0);
    return stdout.slice(stdout.indexOf("  packages: "), stdout.indexOf("strake.lock"));
  }

  const many = Array.from({ length: 300 }, (_, at) => ({ name: `package-${at}`, version: `1.${at}` }));

  it.each(["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"])(
    "tells what changed in %s",
    async (path) => {
      const before = await rpmDatabase(path, [
        ...many,
        { name: "bash", version: "5.1" },
        { name: "gone", version: "1", epoch: 2 },
        { name: "gpg-pubkey", version: "aaaa" },
      ]);
      const after = await rpmDatabase(path, [
        { name: "fresh", version: "2", epoch: 1 },
        ...many.slice(0, 299),
        { name: "package-299", version: "2.0" },
        { name: "bash", version: "5.1" },
        { name: "bash", version: "5.1", arch: "i686" },
        { name: "gpg-pubkey", version: "bbbb" },
      ]);
      expect(await moved(path, before, after)).toBe(`  packages: 2 added, 1 removed, 1 changed
    + bash.i686 5.1-1.fc40
    + fresh 1:2-1.fc40
    - gone 2:1-1.fc40
    ~ package-299 1.299-1.fc40 → 2.0-1.fc40
`);
    },
  );

  it("says what it cannot read", async () => {
    const path = "var/lib/rpm/rpmdb.sqlite";
    const whole = await rpmDatabase(path, many);
    expect(await moved(path, whole, whole.subarray(0, 20_000))).toMatch(
      /packages: \/var\/lib\/rpm\/rpmdb.sqlite cannot be read: /,
    );
    expect(await moved(path, whole, Buffer.from("nothing"))).toContain("it is no database of rpm");
    const other = "usr/lib/sysimage/rpm/Packages.db";
    expect(await moved(other, Buffer.from("RpmP"), Buffer.from("RpmP\0\0\0"))).toContain(
      `packages: /${other} cannot be read: it is damaged or cut off\n`,
    );
  });
});
