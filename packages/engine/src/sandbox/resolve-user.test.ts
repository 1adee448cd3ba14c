import { expect, it } from "vitest";
import { resolveGroup, resolveUser } from "./resolve-user.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:44::/var/www:/bin/false\n77:x:5:6::/odd:\n";
const group = "root:x:0:\nwww:x:44:\nlog:x:50:other,web\ntape:x:51:web\n";

it.each([
  ["", { uid: 0, gid: 0, groups: [0], home: "/root" }],
  ["web", { uid: 33, gid: 44, groups: [44, 50, 51], home: "/var/www" }],
  ["33", { uid: 33, gid: 44, groups: [44, 50, 51], home: "/var/www" }],
  ["web:log", { uid: 33, gid: 50, groups: [50], home: "/var/www" }],
  ["web:7", { uid: 33, gid: 7, groups: [7], home: "/var/www" }],
  ["1000", { uid: 1000, gid: 0, groups: [0], home: "/" }],
  ["1000:www", { uid: 1000, gid: 44, groups: [44], home: "/" }],
  ["77", { uid: 77, gid: 0, groups: [0], home: "/" }],
])("takes %j for the user that it means", (spec, user) => {
  expect(resolveUser(spec, passwd, group)).toEqual(user);
});

it("names a user or a group that the image does not have, and those that it has", () => {
  expect(() => resolveUser("wbe", passwd, group)).toThrow(/no user "wbe"/);
  expect(() => resolveUser("web:nobody", passwd, group)).toThrow(/no group "nobody"/);
  expect(() => resolveUser("web", undefined, undefined)).toThrow(/no user "web"/);
});

it("takes a group by name or number, and a name only where the image has it", () => {
  expect([resolveGroup("log", group), resolveGroup("50", group), resolveGroup("7", undefined)]).toEqual([50, 50, 7]);
  expect(() => resolveGroup("nobody", group)).toThrow(/no group "nobody"/);
});
