import { closeSync, fstatSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { systemCalls } from "../kernel/system-calls.ts";
import { makeFolder } from "./make-folder.ts";

/** How long to wait between two looks at a lock, in milliseconds: from the first to the longest. */
const [shortest, longest] = [2, 100];

/** A lock that is held; letting go of it twice is as letting go once. */
export interface Lock {
  release(): void;
}

/**
 * Takes a lock if nobody has it, in this process or another.
 *
 * It is the kernel's lock on a file (flock(2)), so it ends with the process that holds it, however that ends.
 */
export function tryLock(path: string): Lock | undefined {
  makeFolder(dirname(path));
  for (;;) {
    const descriptor = openSync(path, "a", 0o600);
    let held = false;
    try {
      if (!systemCalls().lock(descriptor)) return undefined;
      // Whoever had the lock before has removed the file; then this is a lock that nobody else sees.
      held = statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino;
      if (held) return lockOf(path, descriptor);
    } finally {
      if (!held) closeSync(descriptor);
    }
  }
}

/**
 * Takes a lock, waiting for those who have it.
 *
 * @throws the signal's reason when it is aborted while waiting
 */
export async function takeLock(path: string, signal: AbortSignal | undefined): Promise<Lock> {
  for (let pause = shortest; ; pause = Math.min(longest, 2 * pause)) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    await wait(pause, undefined, signal === undefined ? {} : { signal });
  }
}

/** Does something while holding a lock. */
export async function withLock<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(path, signal);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function lockOf(path: string, descriptor: number): Lock {
  let released = false;
  return {
    release: () => {
      if (released) return;
      released = true;
      rmSync(path, { force: true });
      closeSync(descriptor);
    },
  };
}
