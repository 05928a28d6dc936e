import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withLock } from "../../../responder/checkout/lock.ts";
import { freshFolder } from "./project.ts";

const never = new AbortController().signal;

test("a lock excludes this process and others until its work has ended, also where that fails", async () => {
  const file = join(await freshFolder(), "mirror.lock");
  const isFree = () => spawnSync("flock", ["--nonblock", file, "true"]).status === 0;
  const order: string[] = [];
  const first = withLock(file, never, async () => {
    const second = withLock(file, never, async () => void order.push("second"));
    order.push(`free: ${isFree()}`);
    return { second };
  });
  await (
    await first
  ).second;
  expect(order).toEqual(["free: false", "second"]);
  const failing = withLock(file, never, () => Promise.reject(new Error("it failed")));
  await expect(failing).rejects.toThrow("it failed");
  expect(isFree()).toBe(true);
});

test("whoever gives up waiting for a lock does not get it", async () => {
  const file = join(await freshFolder(), "mirror.lock");
  const giveUp = new AbortController();
  await withLock(file, never, async () => {
    const waiting = withLock(file, giveUp.signal, () => Promise.reject(new Error("it began")));
    setImmediate(() => giveUp.abort());
    await expect(waiting).rejects.toThrow("aborted");
  });
});
