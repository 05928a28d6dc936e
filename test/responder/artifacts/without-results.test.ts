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
import { expect, onTestFinished, test } from "vitest";
import { isWithoutResults } from "../../../responder/artifacts/without-results.ts";

test("a working directory is searched where it holds a result's name, be it a link or no file at all", () => {
  const path = mkdtempSync(join(tmpdir(), "deferred-results-"));
  const folder = openSync(path, "r");
  onTestFinished(() => {
    closeSync(folder);
    rmSync(path, { recursive: true });
  });
  const artifacts = join(path, "artifacts");
  mkdirSync(join(path, "other"));
  expect(isWithoutResults(folder)).toBe(true);
  symlinkSync("nowhere", join(path, "value.json"));
  expect(isWithoutResults(folder)).toBe(false);
  rmSync(join(path, "value.json"));
  symlinkSync("other", artifacts);
  expect(isWithoutResults(folder)).toBe(false);
  rmSync(artifacts);
  mkdirSync(artifacts);
  expect(isWithoutResults(folder)).toBe(true);
  writeFileSync(join(artifacts, ".hidden"), "");
  expect(isWithoutResults(folder)).toBe(false);
});
