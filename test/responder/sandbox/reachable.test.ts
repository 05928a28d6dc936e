import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reachable } from "../../../responder/sandbox/reachable.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-reachable-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "home"), { mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file that everybody may reach is used where it is", () => {
  writeFileSync(join(folder, "tool"), "x", { mode: 0o755 });
  expect(reachable(join(folder, "tool"), "tool", join(folder, "cache"))).toBe(join(folder, "tool"));
});

test.each([0o755, 0o700])(
  "one in a closed folder, mode %o, is offered from an open one",
  (mode) => {
    const file = join(folder, "home/tool");
    writeFileSync(file, "content", { mode });
    const path = reachable(file, "tool", join(folder, "cache"));
    expect(path.startsWith(join(folder, "cache/tool-"))).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("content");
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(reachable(file, "tool", join(folder, "cache"))).toBe(path);
    expect(statSync(file).mode & 0o777).toBe(mode);
  },
);
