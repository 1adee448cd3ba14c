/** The packages that an image says it has: versions by names. */
export type Packages = ReadonlyMap<string, string>;

/** How packages differ. */
export interface PackageChange {
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/**
 * Reads dpkg's status file, or one of those that distroless images have in its place (deb-control(5), dpkg(1)).
 *
 * Packages that are not installed, such as those of which only the configuration is left, do not count.
 */
export function parseDpkgStatus(text: string): Packages {
  const packages = new Map<string, string>();
  for (const paragraph of text.split(/\n[ \t]*\n/)) {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(paragraph)?.[1]?.trim();
    const [name, version, status] = [field("Package"), field("Version"), field("Status")];
    if (name === undefined || version === undefined) continue;
    if (status !== undefined && !/ installed$/.test(status)) continue;
    // One of two architectures can be there beside the other.
    packages.set(packages.has(name) ? `${name}:${field("Architecture")}` : name, version);
  }
  return packages;
}

/** Reads apk's list of installed packages: a line for each field, an empty line after each package (apk-package(5)). */
export function parseApkInstalled(text: string): Packages {
  const packages = new Map<string, string>();
  for (const paragraph of text.split(/\n\n+/)) {
    const name = /^P:(.*)$/m.exec(paragraph)?.[1];
    const version = /^V:(.*)$/m.exec(paragraph)?.[1];
    if (name !== undefined && version !== undefined) packages.set(name.trim(), version.trim());
  }
  return packages;
}

/** Compares packages, in the order of their names. */
export function packageChanges(before: Packages, after: Packages): readonly PackageChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((name) => ({ name, before: before.get(name), after: after.get(name) }))
    .filter((change) => change.before !== change.after);
}
