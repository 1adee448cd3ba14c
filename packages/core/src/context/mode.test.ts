import { expect, test } from "vitest";
import { applyMode, normalMode, parseMode } from "./mode.ts";

// What BuildKit 0.32.2 makes of a 0755 file, a 0644 file, a 0700 directory and a 0640 file with COPY --chmod.
const measured: [spec: string, executable: number, plain: number, directory: number, group: number][] = [
  ["u=rwX,go=rX", 0o755, 0o644, 0o755, 0o644],
  ["a+x", 0o755, 0o755, 0o711, 0o751],
  ["+t", 0o1755, 0o1644, 0o1700, 0o1640],
  ["g-w", 0o755, 0o644, 0o700, 0o640],
  ["u=g", 0o555, 0o444, 0o000, 0o440],
  ["go=u-w", 0o755, 0o644, 0o755, 0o644],
  ["a=rX", 0o555, 0o444, 0o555, 0o444],
  ["=rw,+X", 0o777, 0o666, 0o777, 0o666],
  ["u+s", 0o4755, 0o4644, 0o4700, 0o4640],
  ["+s", 0o6755, 0o6644, 0o6700, 0o6640],
  ["o+s", 0o755, 0o644, 0o700, 0o640],
  ["o+t", 0o755, 0o644, 0o700, 0o640],
  ["u=rwx,g=", 0o705, 0o704, 0o700, 0o700],
  ["g=o", 0o755, 0o644, 0o700, 0o600],
  ["4755", 0o4755, 0o4755, 0o4755, 0o4755],
  ["755", 0o755, 0o755, 0o755, 0o755],
  ["u=rw,g=u", 0o665, 0o664, 0o660, 0o660],
  ["a=", 0o000, 0o000, 0o000, 0o000],
  ["u+x-w", 0o555, 0o544, 0o500, 0o540],
  ["+X", 0o755, 0o644, 0o711, 0o640],
  ["go=u", 0o777, 0o666, 0o777, 0o666],
  ["a-X", 0o644, 0o644, 0o600, 0o640],
  ["u=rwxs,g=rs", 0o6745, 0o6744, 0o6740, 0o6740],
  ["=t", 0o1755, 0o1644, 0o1700, 0o1640],
  ["u=", 0o055, 0o044, 0o000, 0o040],
  ["g=s", 0o2705, 0o2604, 0o2700, 0o2600],
  ["a-s", 0o755, 0o644, 0o700, 0o640],
];

test.each(measured)("%s changes modes as BuildKit does", (spec, executable, plain, directory, group) => {
  expect(applyMode(0o755, spec, false)).toBe(executable);
  expect(applyMode(0o644, spec, false)).toBe(plain);
  expect(applyMode(0o700, spec, true)).toBe(directory);
  expect(applyMode(0o640, spec, false)).toBe(group);
});

test("X looks at the mode before the change", () => {
  expect(applyMode(0o600, "u+x,g+X", false)).toBe(0o700);
});

test.each(["", "888", "10000", "0o755", "07a", "rwx", "u", "u=rw,", "u=q", "z+x", "u+x g+x", "-1"])(
  "%j is no mode",
  (spec) => {
    expect(() => parseMode(spec)).toThrow(`"${spec}" is not a mode: expected an octal number from 0 to 07777`);
  },
);

test("a normal mode keeps nothing of the source but whether its owner may execute it", () => {
  expect(normalMode(0o600, false)).toBe(0o644);
  expect(normalMode(0o4711, false)).toBe(0o755);
  expect(normalMode(0o2700, true)).toBe(0o755);
});
