import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OWN_NAMES } from "../../vite.config.ts";

/** What is declared there as a property, or named in JSON. */
function propertiesIn(...patterns: string[]): Set<string> {
  const text = globSync(patterns).map((file) =>
    readFileSync(file, "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, ""),
  );
  return new Set(text.join("\n").match(/(?<!\.\.\.)\b\w+(?="?\??[:(<])|(?<="name": ")\w+/g));
}

test("no name that pages get shortened is known to anybody but the element", () => {
  const dom = propertiesIn("node_modules/@typescript/*/lib/lib.{dom,es*}.d.ts");
  expect(dom.has("querySelector")).toBe(true);
  const told = propertiesIn(
    "protocol/*.ts",
    "custom-elements.json",
    "widget/{element-events,last-run}.ts",
  );
  expect(told.has("runId")).toBe(true);
  const known = OWN_NAMES.filter((name) => dom.has(name) || told.has(name));
  expect(known).toEqual([]);
});
