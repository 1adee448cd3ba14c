import { describe, expect, it } from "vitest";
import { resolveUser } from "./resolve-user.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nnohome:x:7:8:::\n";
const group = "root:x:0:\nstaff:x:50:app,other\napps:x:1001:\nusers:x:100:other,app\n";

describe("resolveUser", () => {
  it.each([
    ["", { uid: 0, gid: 0, groups: [0], home: "/root" }],
    ["root", { uid: 0, gid: 0, groups: [0], home: "/root" }],
    ["app", { uid: 1000, gid: 1001, groups: [1001, 50, 100], home: "/home/app" }],
    ["1000", { uid: 1000, gid: 1001, groups: [1001, 50, 100], home: "/home/app" }],
    ["app:staff", { uid: 1000, gid: 50, groups: [50], home: "/home/app" }],
    ["app:50", { uid: 1000, gid: 50, groups: [50], home: "/home/app" }],
    ["4242", { uid: 4242, gid: 0, groups: [0], home: "/" }],
    ["4242:2424", { uid: 4242, gid: 2424, groups: [2424], home: "/" }],
    ["nohome", { uid: 7, gid: 8, groups: [8], home: "/" }],
  ])("takes %j as Docker does", (spec, user) => {
    expect(resolveUser(spec, passwd, group)).toEqual(user);
  });

  it("takes numbers where the image has no users", () => {
    expect(resolveUser("", undefined, undefined)).toEqual({ uid: 0, gid: 0, groups: [0], home: "/" });
  });

  it.each([
    ["nobody", 'no user "nobody"'],
    ["app:nobody", 'no group "nobody"'],
  ])("refuses %s, which nobody knows", (spec, message) => {
    expect(() => resolveUser(spec, passwd, group)).toThrow(message);
    expect(() => resolveUser(spec, undefined, undefined)).toThrow("no user");
  });
});
