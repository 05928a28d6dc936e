import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readValue } from "../../../responder/artifacts/value.ts";

let folder: string;
let file: string;
let fd: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-value-"));
  file = join(folder, "value.json");
  fd = openSync(folder, "r");
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

test("a program that leaves no file has no value", async () => {
  expect(await readValue(fd)).toEqual({});
});

test("the file's JSON is the value, as it was written", async () => {
  writeFileSync(file, '{"total": 12.50}\n');
  expect(await readValue(fd)).toEqual({ value: '{"total": 12.50}\n' });
  writeFileSync(file, JSON.stringify("é".repeat(32_767)));
  expect((await readValue(fd)).value).toHaveLength(32_769);
});

test.each<[string, () => void, string]>([
  ["a file over 64 KiB", () => writeFileSync(file, " ".repeat(65_537)), "is larger than 64 KiB"],
  [
    "bytes that are no UTF-8",
    () => writeFileSync(file, Buffer.from([34, 255, 34])),
    "is not UTF-8",
  ],
  ["text that is no JSON", () => writeFileSync(file, "nan"), "is not JSON"],
  ["a link", () => symlinkSync("/etc/hostname", file), "is not a plain file"],
  ["a folder", () => mkdirSync(file), "is not a plain file"],
  ["a pipe", () => void execFileSync("mkfifo", [file]), "is not a plain file"],
])("%s is no value, and the result says why", async (_what, put, problem) => {
  put();
  const { value, value_problem } = await readValue(fd);
  expect(value).toBeUndefined();
  expect(value_problem).toContain(`value.json ${problem}`);
});
