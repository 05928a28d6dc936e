import fc from "fast-check";
import { expect, test } from "vitest";
import type { StreamName } from "../../../protocol/events.ts";
import { AfterMark } from "../../../responder/execution/after-mark.ts";

const MARK = "deferred 6dba9e5c";

function filter() {
  const seen = { stdout: "", stderr: "" };
  const after = new AfterMark(MARK, (stream: StreamName, bytes: Buffer) => {
    seen[stream] += bytes.toString("latin1");
  });
  return { after, seen };
}

test("output before the mark is dropped, wherever the pieces are cut", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.array(fc.nat(80), { maxLength: 6 }), (a, b, cuts) => {
      const { after, seen } = filter();
      const all = Buffer.from(a + MARK + b, "latin1");
      const at = [0, ...cuts.toSorted((x, y) => x - y), all.length];
      for (const [index, from] of at.slice(0, -1).entries()) {
        after.write("stdout", all.subarray(from, Math.max(from, at[index + 1]!)));
      }
      after.end();
      expect(seen.stdout).toBe(Buffer.from(b, "latin1").toString("latin1"));
    }),
  );
});

test("each stream has its own mark, and one that never came shows its last output", () => {
  const { after, seen } = filter();
  after.write("stdout", Buffer.from(`one${MARK}two`));
  after.write("stderr", Buffer.from(`${"x".repeat(70_000)}it failed`));
  after.end();
  expect(seen.stdout).toBe("two");
  expect(seen.stderr).toHaveLength(64 * 1024);
  expect(seen.stderr).toMatch(/xit failed$/);
});
