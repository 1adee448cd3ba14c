import { expect, it } from "vitest";
import { checkPublishedPort } from "./published-port.ts";

it.each(["80", "80:80", "127.0.0.1:80:80", "[::1]:53:53/udp", "127.0.0.1::80"])(
  "takes %s, which is so anyway",
  (text) => {
    expect(() => checkPublishedPort(text)).not.toThrow();
  },
);

it.each(["8080:80", "127.0.0.1:8080:80/tcp", "[::1]:1:2"])("refuses %s, which cannot be", (text) => {
  expect(() => checkPublishedPort(text)).toThrow("the machine's network");
});

it.each(["", "http", "80:http", "80-81"])("refuses %j, which is no port", (text) => {
  expect(() => checkPublishedPort(text)).toThrow("expected PORT");
});
