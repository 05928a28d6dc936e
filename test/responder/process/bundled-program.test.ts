import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { bundledProgram } from "../../../responder/process/bundled-program.ts";

const source = join(import.meta.dirname, "../../../responder/process/bundled-program.ts");

/** The module at a path of its own, with a built program at another. */
async function installed(module: string, program: string) {
  const root = mkdtempSync(join(tmpdir(), "deferred-bundled-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = {
    [module]: stripTypeScriptTypes(readFileSync(source, "utf8")),
    [program]: "built",
    "package.json": '{"type":"module"}',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return (await import(pathToFileURL(join(root, module)).href)) as {
    bundledProgram: typeof bundledProgram;
  };
}

test.each([
  ["a clone", "responder/process/bundled-program.ts"],
  ["the package", "dist/node/responder/process/bundled-program.js"],
])("programs for sandboxes are found in dist/machine of %s", async (_, module) => {
  const { bundledProgram } = await installed(module, "dist/machine/churn.mjs");
  expect(bundledProgram("churn.mjs")).toBe("built");
  expect(() => bundledProgram("supervise.cjs")).toThrow("npm run build makes it");
});
