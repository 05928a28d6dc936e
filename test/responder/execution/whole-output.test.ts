import { createHash } from "node:crypto";
import { closeSync, readdirSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { wholeOutput } from "../../../responder/execution/whole-output.ts";

function contentOf({ fd, size }: { fd: number; size: number }): string {
  const bytes = Buffer.alloc(size);
  readSync(fd, bytes, 0, size, 0);
  return bytes.toString();
}

test("output past the limit is kept from its beginning, in the order it came", () => {
  const whole = wholeOutput(8);
  const buffer = Buffer.from("12345");
  whole.write(buffer);
  // The reader fills its buffer again.
  buffer.write("67890");
  whole.write(buffer);
  whole.write(Buffer.from("abc"));
  const file = whole.take()!;
  onTestFinished(() => closeSync(file.fd));
  expect(contentOf(file)).toBe("1234567890abc");
  expect(file.sha256).toBe(createHash("sha256").update("1234567890abc").digest("hex"));
});

test("it is kept as far as the bound, and no further", () => {
  const whole = wholeOutput(4, 10);
  for (let i = 0; i < 5; i++) whole.write(Buffer.from("abcd"));
  const file = whole.take()!;
  onTestFinished(() => closeSync(file.fd));
  expect(contentOf(file)).toBe("abcdabcdab");
});

test("output within the limit makes no file, and what nobody takes is closed", () => {
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  const short = wholeOutput(8);
  short.write(Buffer.from("12345678"));
  expect(open()).toBe(before);
  expect(short.take()).toBeUndefined();
  const long = wholeOutput(8);
  long.write(Buffer.from("123456789"));
  expect(open()).toBe(before + 1);
  long.close();
  long.write(Buffer.from("more"));
  expect(open()).toBe(before);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("deferred-output-"))).toEqual([]);
});
