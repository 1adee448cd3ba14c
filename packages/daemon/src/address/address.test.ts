import { expect, test } from "vitest";
import { parseAddress } from "./address.ts";

test.each([
  ["unix:///run/buildkit/buildkitd.sock", { type: "socket", path: "/run/buildkit/buildkitd.sock" }],
  ["tcp://builder:1234", { type: "tcp", host: "builder", port: 1234 }],
  ["tcp://[::1]", { type: "tcp", host: "::1", port: 1234 }],
  ["npipe:////./pipe/buildkitd", { type: "socket", path: "\\\\.\\pipe\\buildkitd" }],
  [
    "ssh://me@host:2222/run/b.sock",
    {
      type: "program",
      command: "ssh",
      args: ["-p", "2222", "--", "me@host", "buildctl", "--addr", "unix:///run/b.sock", "dial-stdio"],
    },
  ],
  [
    "docker-container://buildkit?context=far",
    {
      type: "program",
      command: "docker",
      args: ["--context", "far", "exec", "-i", "buildkit", "buildctl", "dial-stdio"],
    },
  ],
  [
    "kube-pod://pod-1?namespace=ci&container=b",
    {
      type: "program",
      command: "kubectl",
      args: ["exec", "-i", "--namespace=ci", "--container=b", "pod-1", "--", "buildctl", "dial-stdio"],
    },
  ],
])("%s leads to a daemon", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test("a Docker Engine has its own port, and its own way through ssh", () => {
  expect(parseAddress("tcp://host", "docker")).toEqual({ type: "tcp", host: "host", port: 2375 });
  expect(parseAddress("ssh://host", "docker")).toMatchObject({
    args: ["--", "host", "docker", "system", "dial-stdio"],
  });
  expect(parseAddress("ssh://host/run/d.sock", "docker")).toMatchObject({
    args: ["--", "host", "docker", "--host=unix:///run/d.sock", "system", "dial-stdio"],
  });
});

test.each(["", "buildkit", "unix://", "ftp://host", "kube-pod://", "docker-container://"])(
  "%j leads nowhere",
  (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "unsupported-address" }));
  },
);

test("an address with a password is refused, and the password is not told", () => {
  for (const text of ["ssh://me:hunter2@host", "tcp://me:hunter2@host:1234"]) {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({ code: "unsupported-address", message: expect.not.stringContaining("hunter2") }),
    );
  }
});
