/** Arguments that tell the builder something, and are never set for commands or the file. */
const forBuilder: ReadonlySet<string> = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

const proxies: readonly string[] = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"];

/** Whether a build argument has a meaning for builders only, so that declaring it makes no variable. */
export function isForBuilder(name: string): boolean {
  return forBuilder.has(name);
}

/**
 * Finds the proxies among the values given to a build, which need no declaration: names in lower case, and values.
 *
 * Where a name is given in both cases, the one in lower case counts, as in BuildKit.
 */
export function proxiesOf(buildArgs: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of [...buildArgs.keys()].sort()) {
    if (proxies.includes(name.toLowerCase())) found.set(name.toLowerCase(), buildArgs.get(name) as string);
  }
  return found;
}

/** The variables that commands see of proxies: each that has a value, in capitals and in lower case. */
export function proxyVariables(proxy: ReadonlyMap<string, string>): readonly string[] {
  return [...proxy].flatMap(([name, value]) =>
    value === "" ? [] : [`${name.toUpperCase()}=${value}`, `${name}=${value}`],
  );
}
