import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reachable } from "../../../../responder/sandbox/bubblewrap/reachable.ts";

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

test("copies of what was replaced go once nobody has read them for a week", () => {
  const cache = join(folder, "cache");
  const offer = (content: string) => {
    rmSync(join(folder, "home/tool"), { force: true });
    writeFileSync(join(folder, "home/tool"), content, { mode: 0o700 });
    return reachable(join(folder, "home/tool"), "tool", cache);
  };
  const [old, recent] = [offer("1"), offer("22")];
  const longAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000);
  utimesSync(old, longAgo, longAgo);
  writeFileSync(join(cache, "other"), "");
  utimesSync(join(cache, "other"), longAgo, longAgo);
  const latest = offer("333");
  expect(readdirSync(cache).map((name) => join(cache, name))).toEqual(
    [join(cache, "other"), recent, latest].toSorted(),
  );
});
