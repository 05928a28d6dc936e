import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

test("the responder imports no http module, which would load undici and TLS at each start", () => {
  // Programs inside sandboxes are built as CommonJS, where an import reads only what it names.
  const files = globSync("responder/**/*.ts", { cwd: root }).filter(
    (file) => !file.includes("/inside/"),
  );
  const importing = files.filter((file) =>
    /^import (?!type\b).*"node:https?"/m.test(readFileSync(join(root, file), "utf8")),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(importing).toEqual([]);
});
