/** Tells whether a name says which image of a repository is meant: it has a tag or a digest. */
export function saysTag(name: string): boolean {
  return name.includes("@") || name.lastIndexOf(":") > name.lastIndexOf("/");
}
