import { expect, test } from "vitest";
import { globMatcher } from "../../protocol/glob.ts";
import { cpuTimeOf } from "../cpu-time.ts";

test.each([
  ["log/*.log", ["log/a.log"], ["log/.log", "log/a.txt", "a.log", "log/b/a.log"]],
  ["**/*.xml", ["a.xml", "a/b/c.xml"], [".git/a.xml", "a.xml/b", "a/.b.xml"]],
  ["a/**", ["a/b", "a/b/c"], ["b/a", "a/.b/c"]],
  ["a/**/b", ["a/b", "a/x/y/b"], ["a/x/c", "a/b/c"]],
  [".cache/*", [".cache/a"], ["cache/a"]],
  ["report-?.[hx]tml", ["report-1.html", "report-2.xtml"], ["report-10.html", "report-1.ztml"]],
  ["[!a-c]*", ["d", "dd"], ["a", "bd"]],
  ["{out,build/{x,y}}/*.js", ["out/a.js", "build/x/a.js", "build/y/a.js"], ["build/a.js"]],
  ["a{b", ["a{b"], ["ab"]],
  [String.raw`\*a`, ["*a"], ["ba"]],
])("%s", (pattern, taken, left) => {
  const matches = globMatcher(pattern);
  expect([...taken, ...left].filter(matches)).toEqual(taken);
});

test("a pattern of many stars and braces is answered at once", () => {
  const name = "a".repeat(250);
  const took = cpuTimeOf(() => {
    expect(globMatcher(`${"*a".repeat(60)}b`)(name)).toBe(false);
    expect(globMatcher(`${"**/a/".repeat(40)}b`)("a/".repeat(100))).toBe(false);
    expect(globMatcher("{a,b}".repeat(30))("c".repeat(30))).toBe(false);
  });
  expect(took).toBeLessThan(1_000);
});
