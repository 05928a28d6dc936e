import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ATTEMPTS } from "./try-escapes.ts";

const ROOT = join(import.meta.dirname, "../..");
const guide = readFileSync(join(ROOT, "docs/security.md"), "utf8");

test("the guide's table has every attempt to get out of a sandbox", () => {
  const rows = guide.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const told = rows.filter((cells) => cells.length === 5 && cells[3] === "held");
  expect(told.map(([, name, held]) => ({ name, held }))).toEqual(ATTEMPTS);
});

test("the tests that the guide names are there", () => {
  const named = [...guide.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(new Set(named).size).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
